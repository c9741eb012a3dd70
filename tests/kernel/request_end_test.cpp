// When a request is over, and as what.

#include "base/socket.h"
#include "kernel/either_way.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <array>
#include <csignal>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;
using domain::Cause;

class RequestEnds : public EitherWay {};

TEST_P(RequestEnds, WithTheLastByteOfAStreamedResponse)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    serve_one_at_a_time(listener, [](int fd, const std::string &) {
      send_text(fd, "HTTP/1.1 200 OK\r\n\r\npart, ");
      std::this_thread::sleep_for(40ms);
      send_text(fd, "ok");
    });
  });

  ask(listener, "GET /stream HTTP/1.1\r\n\r\n");
  ASSERT_TRUE(observed->wait_for_requests(1));

  ASSERT_EQ(observed->requests().size(), 1U);
  const auto request = observed->requests().front();
  EXPECT_GE(request.times[Cause::sleep], 40ms);
  EXPECT_EQ(request.sent_bytes, 27U);
}

TEST_P(RequestEnds, NotWithAnInterimResponse)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    serve_one_at_a_time(listener, [](int fd, const std::string &) {
      std::array<char, 64> body;
      send_text(fd, "HTTP/1.1 100 Continue\r\n\r\n");
      EXPECT_GT(::recv(fd, body.data(), body.size(), 0), 0);
      send_text(fd, "HTTP/1.1 201 Created\r\n\r\nok");
    });
  });

  const int client = listener.connect();
  send_text(client, "PUT /thing HTTP/1.1\r\nExpect: 100-continue\r\n\r\n");
  std::array<char, 25> interim;
  ASSERT_EQ(::recv(client, interim.data(), interim.size(), MSG_WAITALL), 25);
  send_text(client, "BODY");
  receive_response(client);
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(1));

  EXPECT_EQ(observed->requests().front().status, 201);
  EXPECT_EQ(observed->requests().size(), 1U);
}

TEST_P(RequestEnds, WithoutAResponseWhereThereWasNone)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  const WorkerProcess worker([&] {
    serve_one_at_a_time(listener,
                        [](int, const std::string &) { std::this_thread::sleep_for(20ms); });
  });

  EXPECT_EQ(ask(listener, "GET /nothing HTTP/1.1\r\n\r\n"), "");
  ASSERT_TRUE(observed->wait_for_requests(1));

  const auto request = observed->requests().front();
  EXPECT_EQ(request.path, "/nothing");
  EXPECT_EQ(request.status, 0);
  EXPECT_GE(request.times[Cause::sleep], 20ms);
}

TEST_P(RequestEnds, WithAWorkerThatIsKilled)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, options(), listener.address());
  WorkerProcess worker(
      [&] { serve_one_at_a_time(listener, [](int, const std::string &) { ::raise(SIGKILL); }); });
  const auto tgid = static_cast<std::uint32_t>(worker.tgid());

  const int client = listener.connect();
  send_text(client, "GET /fatal HTTP/1.1\r\n\r\n");
  worker.join();
  ::close(client);
  ASSERT_TRUE(observed->wait_until([&] {
    for (const auto &event : observed->all_of<domain::ProcessEvent>()) {
      if (event.tgid == tgid && event.kind == domain::ProcessEvent::Kind::exited)
        return true;
    }
    return false;
  }));

  ASSERT_EQ(observed->requests().size(), 1U);
  EXPECT_EQ(observed->requests().front().path, "/fatal");
  EXPECT_TRUE(observed->requests().front().thread_died);
}

INSTANTIATE_TEST_SUITE_P(OnSockets, RequestEnds, testing::Values(false));
INSTANTIATE_TEST_SUITE_P(OnSystemCalls, RequestEnds, testing::Values(true));

} // namespace
} // namespace linger
