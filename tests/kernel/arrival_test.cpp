// How long a request lay in its socket before a thread took it up.

#include "base/socket.h"
#include "kernel/clock.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;
using domain::Cause;

constexpr int rounds = 5;

/// The client's time of sending, as the path that it asks for.
void send_time(int fd)
{
  send_text(fd, "GET /" + std::to_string(kernel::monotonic_now().count()) + " HTTP/1.1\r\n\r\n");
}

domain::Nanos sent_at(const std::string &path)
{
  return domain::Nanos{ std::strtoll(path.c_str() + 1, nullptr, 10) };
}

/// Answers each request, but looks for the next one only after `away`.
void serve_slowly(int fd, std::chrono::milliseconds away)
{
  std::array<char, 4096> buffer;
  while (::recv(fd, buffer.data(), buffer.size(), 0) > 0) {
    send_text(fd, response);
    std::this_thread::sleep_for(away);
  }
  ::close(fd);
}

struct Seen {
  /// From the client's sending to the begin that is shown: the least of all rounds, by which no
  /// other process was in the way.
  domain::Nanos late = domain::Nanos::max();
  domain::Nanos shortest_handover = domain::Nanos::max();
};

Seen seen_of(const std::vector<domain::Request> &requests)
{
  Seen seen;
  for (const domain::Request &request : requests) {
    const domain::Nanos late = request.window.begin.time_since_epoch() - sent_at(request.path);
    seen.late = std::min(seen.late, std::max(late, -late));
    const domain::Nanos handover = request.times[Cause::event_loop];
    seen.shortest_handover = std::min(seen.shortest_handover, handover);
    EXPECT_EQ(request.times.wall(), request.window.length());
  }
  return seen;
}

class Arrival : public testing::Test {
protected:
  /// Each request is sent as soon as the one before is answered, while the worker is `away`.
  /// Without the first, which no other kept away.
  void observe(std::chrono::milliseconds away, std::chrono::milliseconds client_pause = 0ms)
  {
    const Listener listener;
    OBSERVE_OR_SKIP(observed, {}, listener.address());
    const WorkerProcess worker([&] {
      for (;;)
        serve_slowly(::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC), away);
    });
    const int client = listener.connect();
    for (int i = 0; i <= rounds; ++i) {
      send_time(client);
      receive_response(client);
      std::this_thread::sleep_for(client_pause);
    }
    ::close(client);
    ASSERT_TRUE(observed->wait_for_requests(rounds + 1));
    requests_ = observed->requests();
    requests_.erase(requests_.begin());
  }

  std::vector<domain::Request> requests_;
};

TEST_F(Arrival, OfTheNextRequestIsItsBegin)
{
  observe(15ms);
  const Seen seen = seen_of(requests_);
  EXPECT_LT(seen.late, 1ms);
  EXPECT_GE(seen.shortest_handover, 10ms);
}

// By then the kernel has acknowledged the bytes, and knows the moment to a tick of its clock only.
TEST_F(Arrival, IsKnownToATickAfterALongTime)
{
  observe(150ms);
  const Seen seen = seen_of(requests_);
  EXPECT_LT(seen.late, 2 * kernel::clock_tick());
  EXPECT_GE(seen.shortest_handover, 140ms);
}

TEST_F(Arrival, AtAThreadThatWaitsForItIsNoHandover)
{
  observe(0ms, 15ms);
  const Seen seen = seen_of(requests_);
  EXPECT_LT(seen.late, 1ms);
  EXPECT_LT(seen.shortest_handover, 1ms) << "it is woken at once, and what comes then is its own";
}

TEST_F(Arrival, LongAfterAnotherThreadHadAcceptedIsTheClientsTime)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  const WorkerProcess worker([&] {
    for (;;) {
      const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
      std::this_thread::sleep_for(60ms);
      std::thread([fd] { serve_slowly(fd, 0ms); }).join();
    }
  });

  const int client = listener.connect();
  std::this_thread::sleep_for(40ms);
  send_time(client);
  receive_response(client);
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(1));

  const domain::Request request = observed->requests().front();
  EXPECT_GE(request.times[Cause::client_read], 35ms);
  EXPECT_GE(request.times[Cause::event_loop], 10ms);
  EXPECT_LT(request.times[Cause::event_loop], 40ms) << "the bytes were not there before";
  EXPECT_EQ(request.times.wall(), request.window.length());
}

// Receiving acknowledges the bytes, and that must not pass for their arrival.
TEST_F(Arrival, BeforeAnotherThreadReadsIsNotTheClientsTime)
{
  constexpr int count = 5;
  const Listener listener;
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  const WorkerProcess worker([&] {
    for (;;) {
      const int fd = ::accept4(listener.fd(), nullptr, nullptr, SOCK_CLOEXEC);
      std::this_thread::sleep_for(6ms);
      std::thread([fd] { serve_slowly(fd, 0ms); }).join();
    }
  });

  for (int i = 0; i < count; ++i) {
    const int client = listener.connect();
    send_time(client);
    receive_response(client);
    ::close(client);
  }
  ASSERT_TRUE(observed->wait_for_requests(count));

  // The shortest, as any of them may have been disturbed.
  domain::Nanos client_read = 1h;
  domain::Nanos event_loop{};
  for (const domain::Request &request : observed->requests()) {
    client_read = std::min(client_read, request.times[Cause::client_read]);
    event_loop = std::max(event_loop, request.times[Cause::event_loop]);
  }
  EXPECT_LT(client_read, 1ms);
  EXPECT_GE(event_loop, 5ms);
}

} // namespace
} // namespace linger
