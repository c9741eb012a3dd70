// Many requests on one thread: the real probes watch an event loop that waits on purpose. A wait
// never ends before its time, so the lower bounds hold on a busy machine too.

#include "base/socket.h"
#include "kernel/event_loop.h"
#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <algorithm>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;
using domain::Cause;
using domain::Request;

constexpr std::chrono::milliseconds wait_length{ 40 };
constexpr std::chrono::milliseconds burn_length{ 30 };

void burn()
{
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  const auto cpu = [&] {
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds{ now.tv_sec } + std::chrono::nanoseconds{ now.tv_nsec };
  };
  for (const auto begin = cpu(); cpu() - begin < burn_length;) {
  }
}

std::string ask_peer(EventLoop &loop, const Listener &peer)
{
  const int fd = loop.connect(peer.address());
  send_text(fd, "GET / HTTP/1.1\r\n\r\n");
  std::string answer = loop.receive(fd);
  ::close(fd);
  return answer;
}

class Loop : public testing::Test {
protected:
  /// `count` clients at the same time, each of which asks for one of `paths` in turn.
  static void ask_together(const Listener &listener, const std::vector<std::string> &paths,
                           std::size_t count)
  {
    std::vector<std::thread> clients;
    for (std::size_t i = 0; i < count; ++i)
      clients.emplace_back(
          [&, i] { EXPECT_TRUE(ask_once(listener, paths[i % paths.size()]).ends_with("ok")); });
    for (std::thread &client : clients)
      client.join();
  }

  static std::string ask_once(const Listener &listener, const std::string &path)
  {
    const int fd = listener.connect();
    send_text(fd, "GET " + path + " HTTP/1.1\r\n\r\n");
    std::string answer = receive_response(fd);
    ::close(fd);
    return answer;
  }

  static std::vector<Request> of_path(const Observed &observed, const std::string &path)
  {
    std::vector<Request> found = observed.requests();
    std::erase_if(found, [&](const Request &request) { return request.path != path; });
    return found;
  }

  static domain::Server loop_server(const std::string &listen)
  {
    domain::Server server;
    server.master_tgid = static_cast<std::uint32_t>(::getpid());
    server.worker_class = "gevent";
    server.listen = { listen };
    return server;
  }

  Listener listener_;
  Listener peer_;
};

#define WATCH_LOOP_OR_SKIP(observed, listener)                                                     \
  OBSERVE_OR_SKIP(observed, collect::CollectorOptions{}, (listener).address());                    \
  ASSERT_TRUE(observed->collector->watch(loop_server((listener).address())))

TEST_F(Loop, GivesEachOfManyRequestsItsOwnTime)
{
  const WorkerProcess peer([&] { answer_after(peer_, wait_length); });
  WATCH_LOOP_OR_SKIP(observed, listener_);
  const WorkerProcess worker([&] {
    serve_in_turns(listener_.fd(), [&](EventLoop &loop, const std::string &request) {
      if (request.starts_with("GET /nap"))
        loop.sleep_for(wait_length);
      else if (request.starts_with("GET /upstream") && ask_peer(loop, peer_) != "x")
        return std::string{};
      return response;
    });
  });

  constexpr std::size_t each = 20;
  ask_together(listener_, { "/nap", "/upstream", "/cheap" }, 3 * each);
  ASSERT_TRUE(observed->wait_for_requests(3 * each));

  for (const Request &request : observed->requests()) {
    EXPECT_EQ(request.times.wall(), request.window.length());
    EXPECT_EQ(request.status, 200);
    EXPECT_TRUE(request.interleaved);
    EXPECT_EQ(request.times[Cause::idle], 0ns);
  }
  const auto naps = of_path(*observed, "/nap");
  const auto upstreams = of_path(*observed, "/upstream");
  const auto cheap = of_path(*observed, "/cheap");
  ASSERT_EQ(naps.size(), each);
  ASSERT_EQ(upstreams.size(), each);
  ASSERT_EQ(cheap.size(), each);
  for (const Request &request : naps) {
    EXPECT_GE(request.times[Cause::sleep] + request.times[Cause::event_loop], wait_length);
    EXPECT_EQ(request.times[Cause::upstream], 0ns);
  }
  for (const Request &request : upstreams)
    EXPECT_GE(request.times[Cause::upstream] + request.times[Cause::event_loop], wait_length);
  for (const Request &request : cheap) {
    EXPECT_EQ(request.times[Cause::upstream], 0ns);
    EXPECT_LT(request.times[Cause::sleep], wait_length);
  }
}

TEST_F(Loop, CountsWhatATaskWaitsForAsItsCause)
{
  const WorkerProcess peer([&] { answer_after(peer_, wait_length); });
  WATCH_LOOP_OR_SKIP(observed, listener_);
  const WorkerProcess worker([&] {
    serve_in_turns(listener_.fd(), [&](EventLoop &loop, const std::string &) {
      EXPECT_EQ(ask_peer(loop, peer_), "x");
      loop.sleep_for(wait_length);
      burn();
      loop.sleep_for(wait_length);
      return response;
    });
  });

  ASSERT_TRUE(ask_once(listener_, "/all").ends_with("ok"));
  ASSERT_TRUE(observed->wait_for_requests(1));

  const Request request = observed->requests().front();
  EXPECT_EQ(request.times.wall(), request.window.length());
  EXPECT_GE(request.times[Cause::upstream], wait_length - 2ms);
  EXPECT_GE(request.times[Cause::sleep], 2 * wait_length - 4ms);
  // The thread's own clock also runs while the scheduler switches to it: see causes_test.cpp.
  EXPECT_GE(request.times[Cause::on_cpu] + request.times[Cause::run_queue], burn_length);
  bool found = false;
  for (const auto &wait : observed->all_of<domain::Wait>()) {
    EXPECT_FALSE(wait.held_loop) << wait.what;
    found |= wait.cause == Cause::upstream && wait.request_sequence == request.sequence &&
             wait.what == peer_.address();
  }
  EXPECT_TRUE(found);
}

TEST_F(Loop, BlamesTheRequestThatBlocksIt)
{
  WATCH_LOOP_OR_SKIP(observed, listener_);
  const WorkerProcess worker([&] {
    serve_in_turns(listener_.fd(), [&](EventLoop &loop, const std::string &request) {
      if (request.starts_with("GET /smuggled"))
        std::this_thread::sleep_for(wait_length);
      else
        loop.sleep_for(5ms);
      return response;
    });
  });

  constexpr std::size_t each = 5;
  ask_together(listener_, { "/smuggled", "/polite" }, 2 * each);
  ASSERT_TRUE(observed->wait_for_requests(2 * each));

  const auto smuggled = of_path(*observed, "/smuggled");
  const auto polite = of_path(*observed, "/polite");
  ASSERT_EQ(smuggled.size(), each);
  ASSERT_EQ(polite.size(), each);
  std::vector<std::uint64_t> blocking;
  for (const auto &wait : observed->all_of<domain::Wait>()) {
    if (wait.held_loop) {
      EXPECT_EQ(wait.what, "clock_nanosleep");
      blocking.push_back(wait.request_sequence);
    }
  }
  for (const Request &request : smuggled) {
    EXPECT_EQ(request.times.wall(), request.window.length());
    EXPECT_GE(request.times[Cause::sleep], wait_length);
    EXPECT_EQ(std::ranges::count(blocking, request.sequence), 1);
  }
  EXPECT_EQ(blocking.size(), each);
  const auto lost = std::ranges::max(
      polite, {}, [](const Request &request) { return request.times[Cause::event_loop]; });
  EXPECT_GE(lost.times[Cause::event_loop], wait_length);
}

TEST_F(Loop, TellsTheRequestsOfOneConnectionApart)
{
  WATCH_LOOP_OR_SKIP(observed, listener_);
  const WorkerProcess worker([&] {
    serve_in_turns(listener_.fd(), [](EventLoop &, const std::string &) { return response; });
  });

  const int client = listener_.connect();
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
  for (const Request &request : requests)
    EXPECT_LT(request.times[Cause::client_read], 20ms);
  EXPECT_TRUE(observed->all_of<domain::Wait>().empty());
}

TEST_F(Loop, WaitsForASlowClient)
{
  WATCH_LOOP_OR_SKIP(observed, listener_);
  const WorkerProcess worker([&] {
    serve_in_turns(listener_.fd(), [](EventLoop &, const std::string &request) {
      return request.ends_with("!") ? response : std::string{};
    });
  });

  const int client = listener_.connect();
  send_text(client, "POST /slow HTTP/1.1\r\n\r\n");
  std::this_thread::sleep_for(wait_length);
  send_text(client, "!");
  ASSERT_TRUE(receive_response(client).ends_with("ok"));
  ::close(client);
  ASSERT_TRUE(observed->wait_for_requests(1));

  EXPECT_GE(observed->requests().front().times[Cause::client_read], wait_length - 5ms);
}

TEST_F(Loop, ReportsWhatItHadOpenWhenItDies)
{
  WATCH_LOOP_OR_SKIP(observed, listener_);
  WorkerProcess worker([&] {
    serve_in_turns(listener_.fd(), [](EventLoop &loop, const std::string &request) {
      if (request.starts_with("GET /crash")) {
        loop.sleep_for(20ms); // until the others are open
        std::_Exit(1);
      }
      loop.sleep_for(10s);
      return response;
    });
  });

  std::vector<int> clients;
  for (const char *path : { "/open", "/open", "/crash" }) {
    clients.push_back(listener_.connect());
    send_text(clients.back(), std::string("GET ") + path + " HTTP/1.1\r\n\r\n");
  }
  worker.join();
  ASSERT_TRUE(observed->wait_for_requests(3));
  for (const int client : clients)
    ::close(client);

  for (const Request &request : observed->requests()) {
    EXPECT_TRUE(request.thread_died);
    EXPECT_EQ(request.status, 0);
    EXPECT_EQ(request.times.wall(), request.window.length());
  }
  EXPECT_EQ(of_path(*observed, "/open").size(), 2U);
}

} // namespace
} // namespace linger
