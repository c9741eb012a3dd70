// How the real probes see requests that come as uWSGI gets them, and threads that wait as its do.

#include "base/socket.h"
#include "kernel/either_way.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <array>
#include <sys/epoll.h>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;

class UwsgiRequests : public EitherWay {};

/// One pair of a uwsgi packet.
std::string pair(const std::string &name, const std::string &value)
{
  std::string bytes;
  for (const std::string &text : { name, value }) {
    bytes += static_cast<char>(text.size() & 0xff);
    bytes += static_cast<char>(text.size() >> 8);
    bytes += text;
  }
  return bytes;
}

std::string uwsgi_packet(const std::string &pairs)
{
  std::string bytes(1, '\0');
  bytes += static_cast<char>(pairs.size() & 0xff);
  bytes += static_cast<char>(pairs.size() >> 8);
  bytes += '\0';
  return bytes + pairs;
}

TEST_P(UwsgiRequests, InTheirProtocolAreSeen)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    serve_one_at_a_time(listener, [](int fd, const std::string &) { send_text(fd, response); });
  });
  const std::string rest = pair("REQUEST_METHOD", "POST") + pair("REQUEST_URI", "/packed?q");

  // As nginx sends it, the query string in front and longer than all that is kept.
  ask(listener, uwsgi_packet(pair("QUERY_STRING", std::string(600, 'q')) + rest));
  ask(listener, uwsgi_packet(pair("QUERY_STRING", "") + rest));
  ask(listener, uwsgi_packet(rest));
  ask(listener, uwsgi_packet(pair("QUERY_STRING", std::string(600, 'q')))); // and no more
  ASSERT_TRUE(observed->wait_for_requests(4));

  const auto requests = observed->requests();
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(requests[i].method, "POST") << i;
    EXPECT_EQ(requests[i].path, "/packed") << i;
    EXPECT_EQ(requests[i].status, 200) << i;
  }
  EXPECT_EQ(requests[3].method, "-");
}

TEST_P(UwsgiRequests, InTheirProtocolAreToldFromTheRestOfABody)
{
  const Listener listener;
  const WorkerProcess worker([&] {
    const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    std::array<char, 8192> buffer;
    while (::recv(fd, buffer.data(), buffer.size(), 0) > 0)
      send_text(fd, response);
  });
  const int client = listener.connect();
  send_text(client, "GET /before HTTP/1.1\r\n\r\n");
  receive_response(client);

  OBSERVE_OR_SKIP(observed, options(), listener.address());
  domain::Server server;
  server.master_tgid = static_cast<std::uint32_t>(::getpid());
  server.listen = { listener.address() };
  server.workers = { { .tgid = static_cast<std::uint32_t>(worker.tgid()) } };
  ASSERT_TRUE(observed->collector->watch(server));
  send_text(client, uwsgi_packet(pair("REQUEST_METHOD", "GET") + pair("REQUEST_URI", "/after")));
  receive_response(client);
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(1));

  EXPECT_EQ(observed->requests().front().path, "/after");
}

// uWSGI's threads wait for their master's signals, too, and on a unix socket nothing tells that the
// connection was closed.
TEST_P(UwsgiRequests, OnAUnixSocketEndBeforeAWaitForSignalsAndConnections)
{
  const Listener listener("/tmp/linger-test-" + std::to_string(::getpid()) + "-epoll.sock");
  std::array<int, 2> signals;
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, signals.data()), 0);
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    const int epoll = ::epoll_create1(0);
    for (const int fd : { signals[0], listener.fd(), signals[1] }) {
      epoll_event event{ .events = EPOLLIN, .data = { .fd = fd } };
      ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
    for (;;) {
      epoll_event event{};
      ::epoll_wait(epoll, &event, 1, -1);
      const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
      std::array<char, 256> buffer;
      EXPECT_GT(::recv(fd, buffer.data(), buffer.size(), 0), 0);
      send_text(fd, "HTTP/1.1 200 OK\r\n\r\nok"); // of no stated length
      ::close(fd);
    }
  });

  for (int i = 0; i < 2; ++i) {
    ask(listener, "GET /unix HTTP/1.1\r\n\r\n");
    std::this_thread::sleep_for(20ms);
  }
  ASSERT_TRUE(observed->wait_for_requests(2));

  for (const auto &request : observed->requests())
    EXPECT_LT(request.window.length(), 20ms) << "idle time is in no request";
  // No provisional record was needed: the wait was known for what it is.
  EXPECT_EQ(observed->all_of<domain::Request>().size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(OnSockets, UwsgiRequests, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(OnSystemCalls, UwsgiRequests, testing::Values(true));

} // namespace
} // namespace linger
