// The tasks of asyncio on real interpreters: Debian's, and every other one that happens to be
// installed. LINGER_PYTHONS names more of them, separated by colons.

#include "base/socket.h"
#include "kernel/observed.h"
#include "kernel/python_server.h"
#include "kernel/worker_process.h"

#include <algorithm>
#include <regex>
#include <thread>
#include <unistd.h>

namespace linger {
namespace {

using namespace std::chrono_literals;
using domain::Cause;
using domain::Request;

constexpr const char *script = "tasks.py";
constexpr std::chrono::milliseconds wait_length{ 40 }; // SECONDS there

void ask_together(const Listener &listener, const std::vector<std::string> &paths,
                  std::size_t count)
{
  std::vector<std::thread> clients;
  for (std::size_t i = 0; i < count; ++i)
    clients.emplace_back([&, i] {
      const int fd = listener.connect();
      send_text(fd, "GET " + paths[i % paths.size()] + " HTTP/1.1\r\n\r\n");
      EXPECT_TRUE(receive_response(fd).ends_with("ok"));
      ::close(fd);
    });
  for (std::thread &client : clients)
    client.join();
}

void expect_what_is_each_tasks_own(const std::string &interpreter)
{
  const Listener listener;
  const Listener peer;
  const WorkerProcess slow([&] { answer_after(peer, wait_length); });
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  domain::Server server;
  server.master_tgid = static_cast<std::uint32_t>(::getpid());
  server.worker_class = "asyncio";
  ASSERT_TRUE(observed->collector->watch(server));
  const PythonServer worker(interpreter, script, listener,
                            peer.address().substr(peer.address().rfind(':') + 1));
  ask_together(listener, { "/ready" }, 1);
  server.workers = server_of(worker).workers;
  ASSERT_TRUE(observed->collector->watch(server));
  ASSERT_TRUE(observed->wait_for_requests(1));
  observed->all.clear();

  constexpr std::size_t each = 10;
  ask_together(listener, { "/hold", "/late", "/nap" }, 3 * each);
  ASSERT_TRUE(observed->wait_for_requests(3 * each));

  std::vector<std::uint64_t> holding;
  const std::regex line("tasks.py:" + std::to_string(line_of(script, "/hold")) + " in hold");
  for (const auto &wait : observed->all_of<domain::Wait>()) {
    if (!wait.held_loop)
      continue;
    EXPECT_EQ(wait.cause, Cause::sleep) << wait.what;
    EXPECT_TRUE(std::regex_search(wait.code, line)) << wait.code;
    holding.push_back(wait.request_sequence);
  }
  EXPECT_EQ(holding.size(), each);
  for (const Request &request : observed->requests()) {
    EXPECT_EQ(request.times.wall(), request.window.length());
    EXPECT_TRUE(request.interleaved);
    EXPECT_EQ(std::ranges::count(holding, request.sequence), request.path == "/hold" ? 1 : 0);
    if (request.path == "/late") {
      EXPECT_GE(request.times[Cause::upstream] + request.times[Cause::event_loop], wait_length);
      EXPECT_EQ(request.calls.upstream, 1U);
    } else {
      EXPECT_EQ(request.times[Cause::upstream], 0ns) << request.path;
      EXPECT_EQ(request.calls.upstream, 0U);
    }
    if (request.path == "/hold") {
      EXPECT_GE(request.times[Cause::sleep], wait_length);
    }
  }
}

TEST(Tasks, GetWhatIsTheirOwnUnderDebiansPython)
{
  if (::access("/usr/bin/python3", X_OK) != 0)
    GTEST_SKIP() << "missing: /usr/bin/python3 (package python3)";
  expect_what_is_each_tasks_own("/usr/bin/python3");
}

TEST(Tasks, GetWhatIsTheirOwnUnderOtherPythons)
{
  const std::vector<std::string> interpreters = other_interpreters();
  if (interpreters.empty())
    GTEST_SKIP() << "missing: other interpreters than Debian's (LINGER_PYTHONS names them)";
  for (const std::string &interpreter : interpreters) {
    SCOPED_TRACE(interpreter);
    expect_what_is_each_tasks_own(interpreter);
  }
}

} // namespace
} // namespace linger
