// Clients that send what no client should: nothing of it may be taken for another's request.

#include "base/socket.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <algorithm>
#include <array>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

constexpr int tcp_nodelay = 1; // of <netinet/tcp.h>, which declares a struct linger of its own

using namespace std::chrono_literals;

std::string receive_some(int fd)
{
  std::array<char, 4096> buffer;
  const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
  return { buffer.data(), static_cast<std::size_t>(count > 0 ? count : 0) };
}

/// Answers whatever ends in `end`, as often as it comes.
void serve_what_ends_in(const Listener &listener, const std::string &end)
{
  for (;;) {
    const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    std::string received;
    for (std::string part = receive_some(fd); !part.empty(); part = receive_some(fd)) {
      received += part;
      if (!received.ends_with(end))
        continue;
      send_text(fd, response);
      received.clear();
    }
    ::close(fd);
  }
}

void send_nothing_more(int fd, bool reset)
{
  const socket_linger_option at_once{ .l_onoff = reset ? 1 : 0, .l_linger = 0 };
  ::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(fd);
}

TEST(HostileBytes, ARequestMayBeSplitAnywhere)
{
  const std::string request = "PUT /split?a=b HTTP/1.1\r\nContent-Length: 5\r\n\r\nbody!";
  const Listener listener;
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  const WorkerProcess worker([&] { serve_what_ends_in(listener, "body!"); });

  const int client = listener.connect();
  const int at_once = 1;
  ::setsockopt(client, IPPROTO_TCP, tcp_nodelay, &at_once, sizeof at_once);
  for (std::size_t at = 1; at < request.size(); ++at) {
    send_text(client, request.substr(0, at));
    std::this_thread::sleep_for(2ms); // for the server to read the first part alone
    send_text(client, request.substr(at));
    ASSERT_TRUE(receive_response(client).ends_with("ok"));
  }
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(request.size() - 1));

  EXPECT_EQ(observed->requests().size(), request.size() - 1);
  for (const domain::Request &seen : observed->requests()) {
    EXPECT_EQ(seen.method, "PUT");
    EXPECT_EQ(seen.path, "/split");
    EXPECT_EQ(seen.status, 200);
    EXPECT_EQ(seen.received_bytes, request.size());
  }
}

TEST(HostileBytes, AHeadMayBeLongerThanAnyoneReads)
{
  const std::string request =
      "GET /long HTTP/1.1\r\nCookie: " + std::string(65'536, '\xff') + "\r\n\r\n";
  const Listener listener;
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  const WorkerProcess worker([&] { serve_what_ends_in(listener, "\r\n\r\n"); });

  const int client = listener.connect();
  for (int i = 0; i < 3; ++i) {
    send_text(client, request);
    ASSERT_TRUE(receive_response(client).ends_with("ok"));
  }
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(3));

  EXPECT_EQ(observed->requests().size(), 3U);
  for (const domain::Request &seen : observed->requests()) {
    EXPECT_EQ(seen.path, "/long");
    EXPECT_FALSE(seen.truncated) << "its first line is whole";
    EXPECT_EQ(seen.received_bytes, request.size());
  }
}

// One worker, one connection after the other: each of the bad ones stands between two good ones.
TEST(HostileBytes, NothingOfAConnectionIsGivenToAnother)
{
  const std::array<std::string, 8> bad{
    "",
    "G",
    "GET /half HTTP/1.1\r\nHost: x\r\n",
    std::string(300, '\0'),
    "\x16\x03\x01\x02\x01\x01\xfc\x03\x03 a TLS hello",
    "PRI * HTTP/2.0\r\n\r\nSM\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n",
    std::string(5000, 'A'),
  };
  const Listener listener;
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  const WorkerProcess worker([&] { serve_what_ends_in(listener, "\r\n\r\n"); });

  std::size_t good = 0;
  std::size_t with_bytes = 0;
  for (const bool reset : { false, true }) {
    for (const std::string &bytes : bad) {
      const int client = listener.connect();
      send_text(client, bytes);
      std::this_thread::sleep_for(2ms); // a reset takes bytes that nobody has read along
      send_nothing_more(client, reset);
      with_bytes += bytes.empty() ? 0 : 1;

      const int next = listener.connect();
      send_text(next, "GET /good HTTP/1.1\r\n\r\n");
      ASSERT_TRUE(receive_response(next).ends_with("ok"));
      ::close(next);
      ++good;
    }
  }
  ASSERT_TRUE(observed->wait_for_requests(good + with_bytes));

  const auto requests = observed->requests();
  EXPECT_EQ(requests.size(), good + with_bytes);
  EXPECT_EQ(static_cast<std::size_t>(std::ranges::count(requests, "/good", &domain::Request::path)),
            good);
  std::uint64_t connection = 0;
  for (const domain::Request &seen : requests) {
    EXPECT_NE(seen.connection, connection) << "each connection had one";
    connection = seen.connection;
    EXPECT_EQ(seen.status, seen.path == "/good" ? 200 : 0) << seen.path;
    EXPECT_TRUE(seen.path != "/good" || seen.received_bytes == 22);
  }
}

TEST(HostileBytes, AClientThatIsGoneGetsNoOthersResponse)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  const WorkerProcess worker([&] {
    serve_one_at_a_time(listener, [](int fd, const std::string &) {
      std::this_thread::sleep_for(10ms);
      send_text(fd, response); // to a reset connection: fails
    });
  });

  constexpr std::size_t rounds = 5;
  for (std::size_t i = 0; i < rounds; ++i) {
    const int client = listener.connect();
    send_text(client, "GET /gone HTTP/1.1\r\n\r\n");
    std::this_thread::sleep_for(3ms);
    send_nothing_more(client, true);
    ASSERT_TRUE(ask(listener, "GET /stays HTTP/1.1\r\n\r\n").ends_with("ok"));
  }
  ASSERT_TRUE(observed->wait_for_requests(2 * rounds));

  const auto requests = observed->requests();
  ASSERT_EQ(requests.size(), 2 * rounds);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(requests[i].path, i % 2 == 0 ? "/gone" : "/stays");
    EXPECT_EQ(requests[i].status, i % 2 == 0 ? 0 : 200);
  }
}

} // namespace
} // namespace linger
