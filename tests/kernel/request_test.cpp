// How the real probes cut requests out of a worker's life.

#include "base/socket.h"
#include "kernel/either_way.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <array>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;
using domain::Cause;

class Requests : public EitherWay {};

void answer(int fd, const std::string &)
{
  send_text(fd, response);
}

/// Serves every request of one connection after the other, as a keep-alive server does.
void keep_alive(int fd)
{
  std::array<char, 8192> buffer;
  while (::recv(fd, buffer.data(), buffer.size(), 0) > 0)
    send_text(fd, response);
  ::close(fd);
}

TEST_P(Requests, OfOneConnectionAreToldApart)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    for (;;)
      keep_alive(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
  });

  const int client = listener.connect();
  for (const char *path : { "/one", "/two", "/three" }) {
    send_text(client, std::string("GET ") + path + " HTTP/1.1\r\n\r\n");
    ASSERT_TRUE(receive_response(client).ends_with("ok"));
    std::this_thread::sleep_for(20ms); // the server waits for the next one: that is no one's time
  }
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(3));

  const auto requests = observed->requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].path, "/one");
  EXPECT_EQ(requests[2].path, "/three");
  EXPECT_EQ(requests[0].connection, requests[2].connection);
  EXPECT_LT(requests[0].sequence, requests[1].sequence);
  EXPECT_EQ(requests[1].times[Cause::accept_queue], 0ns);
  EXPECT_LT(requests[1].times[Cause::client_read], 20ms);
}

TEST_P(Requests, OnAConnectionFromBeforeTheAgentAreSeen)
{
  const Listener listener;
  const WorkerProcess worker([&] {
    for (;;)
      keep_alive(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC));
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
  send_text(client, "GET /after HTTP/1.1\r\n\r\n");
  receive_response(client);
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(1));

  EXPECT_EQ(observed->requests().front().path, "/after");
  EXPECT_EQ(observed->requests().front().times[Cause::accept_queue], 0ns);
}

// Gunicorn reads on in another thread of its pool where the one before stopped; by then the next
// request may have come, and one read returns the rest of the body and that request.
TEST_P(Requests, AreFoundBehindTheUnreadRestOfABody)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    std::array<char, 24> small;
    EXPECT_GT(::recv(fd, small.data(), small.size(), 0), 0);
    send_text(fd, response);
    std::this_thread::sleep_for(30ms);
    std::thread([fd] {
      std::array<char, 9> rest;
      EXPECT_EQ(::recv(fd, rest.data(), rest.size(), MSG_WAITALL), 9);
      std::array<char, 11> split; // ends behind "GET "
      EXPECT_EQ(::recv(fd, split.data(), split.size(), MSG_WAITALL), 11);
      keep_alive(fd);
    }).join();
  });

  const int client = listener.connect();
  send_text(client, "POST /one HTTP/1.1\r\n\r\nxxunread body xxxx");
  receive_response(client);
  for (const char *path : { "/two", "/three" }) {
    send_text(client, std::string("GET ") + path + " HTTP/1.1\r\n\r\n");
    receive_response(client);
  }
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(3));

  const auto requests = observed->requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].path, "/one");
  EXPECT_EQ(requests[1].path, "/two");
  EXPECT_EQ(requests[2].path, "/three");
}

// The rest of the body is shorter than any method is long, and the next request comes much later.
TEST_P(Requests, AreFoundBehindAShortRestOfABody)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    std::array<char, 22> head;
    EXPECT_EQ(::recv(fd, head.data(), head.size(), MSG_WAITALL), 22);
    send_text(fd, response);
    std::thread([fd] {
      std::array<char, 4> rest;
      EXPECT_EQ(::recv(fd, rest.data(), rest.size(), MSG_WAITALL), 4);
      keep_alive(fd);
    }).join();
  });

  const int client = listener.connect();
  send_text(client, "POST /one HTTP/1.1\r\n\r\nbody");
  receive_response(client);
  std::this_thread::sleep_for(60ms);
  send_text(client, "GET /two HTTP/1.1\r\n\r\n");
  receive_response(client);
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(2));

  const auto requests = observed->requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].path, "/two");
  EXPECT_LT(requests[1].times[Cause::client_read], 60ms) << "the client's pause is in no request";
}

TEST_P(Requests, TakeTheirTimeInTheAcceptQueueAlong)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    std::this_thread::sleep_for(60ms);
    serve_one_at_a_time(listener, answer);
  });

  ask(listener, "GET /queued HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(observed->wait_for_requests(1));

  const auto request = observed->requests().front();
  EXPECT_GE(request.times[Cause::accept_queue], 30ms);
  EXPECT_EQ(request.times.wall(), request.window.length());
}

TEST_P(Requests, AcceptedByOneThreadAndServedByAnotherAreOne)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    for (;;) {
      const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
      std::this_thread::sleep_for(30ms); // no thread of the pool is free
      std::thread([fd] { keep_alive(fd); }).join();
    }
  });

  const int client = listener.connect();
  send_text(client, "GET /handed-over HTTP/1.1\r\n\r\n");
  receive_response(client);
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(1));

  ASSERT_EQ(observed->requests().size(), 1U);
  const auto request = observed->requests().front();
  EXPECT_EQ(request.path, "/handed-over");
  EXPECT_NE(request.tid, request.tgid);
  EXPECT_GE(request.times[Cause::event_loop], 30ms);
  EXPECT_EQ(request.times.wall(), request.window.length());
}

// The kernel gives the address of a closed connection to the next socket, whichever end that is.
TEST_P(Requests, AreNotMixedUpWithTheirOwnNewConnections)
{
  constexpr std::size_t sent = 80;
  const Listener listener;
  const Listener peer;
  const WorkerProcess upstream([&] {
    serve_one_at_a_time(peer, [](int fd, const std::string &) {
      std::this_thread::sleep_for(2ms);
      send_text(fd, response);
    });
  });
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    serve_one_at_a_time(listener, [&](int fd, const std::string &) {
      EXPECT_TRUE(ask(peer, "GET /inner HTTP/1.1\r\n\r\n").ends_with("ok"));
      send_text(fd, response);
    });
  });

  for (std::size_t i = 0; i < sent; ++i)
    ASSERT_TRUE(ask(listener, "GET /outer HTTP/1.1\r\n\r\n").ends_with("ok"));
  ASSERT_TRUE(observed->wait_for_requests(sent));

  EXPECT_EQ(observed->requests().size(), sent);
  for (const auto &request : observed->requests()) {
    EXPECT_EQ(request.path, "/outer");
    EXPECT_EQ(request.status, 200);
    EXPECT_GE(request.times[Cause::upstream], 2ms);
  }
}

TEST_P(Requests, WaitForASlowClientsBytes)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    serve_one_at_a_time(listener, [](int fd, std::string received) {
      std::array<char, 256> buffer;
      while (!received.ends_with("end")) {
        const ssize_t count = ::recv(fd, buffer.data(), buffer.size(), 0);
        if (count <= 0)
          return;
        received.append(buffer.data(), static_cast<std::size_t>(count));
      }
      send_text(fd, response);
    });
  });

  const int client = listener.connect();
  for (const char *part : { "PO", "ST /upl", "oad HTTP/1.1\r\n\r\n", "body", " end" }) {
    send_text(client, part);
    std::this_thread::sleep_for(15ms);
  }
  receive_response(client);
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(1));

  const auto request = observed->requests().front();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/upload");
  EXPECT_EQ(request.received_bytes, 33U);
  EXPECT_GE(request.times[Cause::client_read], 45ms);
}

TEST_P(Requests, ThatAreNoHttpAreCountedWithoutTheirBytes)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] { serve_one_at_a_time(listener, answer); });

  ask(listener, std::string("\x16\x03\x01\0\xff password=hunter2", 22));
  ASSERT_TRUE(observed->wait_for_requests(1));

  EXPECT_EQ(observed->requests().front().method, "-");
  EXPECT_EQ(observed->requests().front().path, "");
}

TEST_P(Requests, OnAUnixSocketAreSeen)
{
  const Listener listener("/tmp/linger-test-" + std::to_string(::getpid()) + "-served.sock");
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] { serve_one_at_a_time(listener, answer); });

  for (int i = 0; i < 3; ++i)
    ask(listener, "GET /unix HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(observed->wait_for_requests(3));

  EXPECT_EQ(observed->requests().front().path, "/unix");
  EXPECT_EQ(observed->requests().size(), 3U);
}

TEST_P(Requests, OnAUnixSocketTakeTheirTimeInTheAcceptQueueAlong)
{
  const Listener listener("/tmp/linger-test-" + std::to_string(::getpid()) + "-queued.sock");
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    serve_one_at_a_time(listener, [](int fd, const std::string &) {
      std::this_thread::sleep_for(40ms);
      send_text(fd, response);
    });
  });

  std::array<std::thread, 3> clients;
  for (std::thread &client : clients)
    client = std::thread([&] { ask(listener, "GET /unix HTTP/1.1\r\n\r\n"); });
  for (std::thread &client : clients)
    client.join();
  ASSERT_TRUE(observed->wait_for_requests(3));

  const auto requests = observed->requests();
  EXPECT_LT(requests[0].times[Cause::accept_queue], 40ms);
  EXPECT_GE(requests[1].times[Cause::accept_queue], 30ms);
  EXPECT_GE(requests[2].times[Cause::accept_queue], 70ms);
  EXPECT_EQ(requests[2].times.wall(), requests[2].window.length());
}

TEST_P(Requests, ThatDoNotFitIntoTheRingBufferAreCounted)
{
  constexpr std::size_t sent = 400;
  const Listener listener;
  collect::CollectorOptions small = options();
  small.ring_buffer_bytes = 4096;
  OBSERVE_OR_SKIP(observed, small, listener.address());
  const WorkerProcess worker([&] { serve_one_at_a_time(listener, answer); });

  for (std::size_t i = 0; i < sent; ++i) // and nobody reads meanwhile
    ASSERT_TRUE(ask(listener, "GET / HTTP/1.1\r\n\r\n").ends_with("ok"));
  const auto all_told = [&] {
    return observed->requests().size() + observed->collector->coverage().requests_lost == sent;
  };

  EXPECT_TRUE(observed->wait_until(all_told));
  EXPECT_GT(observed->collector->coverage().requests_lost, 0U);
  EXPECT_FALSE(observed->requests().empty());
}

TEST_P(Requests, WaitInUserSpaceWhileNobodyReads)
{
  constexpr std::size_t sent = 120;
  const Listener listener;
  collect::CollectorOptions small = options();
  small.ring_buffer_bytes = 32768;
  OBSERVE_OR_SKIP(observed, small, listener.address());
  const WorkerProcess worker([&] { serve_one_at_a_time(listener, answer); });

  for (std::size_t i = 0; i < sent; ++i) // more than the ring buffer holds
    ASSERT_TRUE(ask(listener, "GET / HTTP/1.1\r\n\r\n").ends_with("ok"));

  EXPECT_TRUE(observed->wait_for_requests(sent));
  EXPECT_EQ(observed->collector->coverage().requests_lost, 0U);
}

INSTANTIATE_TEST_SUITE_P(OnSockets, Requests, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(OnSystemCalls, Requests, testing::Values(true));

} // namespace
} // namespace linger
