// The tasks of asyncio on real interpreters: Debian's, and every other one that happens to be
// installed. LINGER_PYTHONS names more of them, separated by colons.

#include "base/socket.h"
#include "kernel/observed.h"
#include "kernel/python_server.h"
#include "kernel/worker_process.h"

#include <algorithm>
#include <array>
#include <map>
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

std::string port_of(const Listener &listener)
{
  return listener.address().substr(listener.address().rfind(':') + 1);
}

/// To be called before its master, the test, starts it: what it will be is known from the first on.
void expect_loop(Observed &observed)
{
  domain::Server server;
  server.master_tgid = static_cast<std::uint32_t>(::getpid());
  server.worker_class = "asyncio";
  ASSERT_TRUE(observed.collector->watch(server));
}

/// Has answered once then, so that its interpreter is known.
void watch_loop(Observed &observed, const PythonServer &worker, const Listener &listener)
{
  ask_together(listener, { "/ready" }, 1);
  domain::Server server = server_of(worker);
  server.worker_class = "asyncio";
  ASSERT_TRUE(observed.collector->watch(server));
  ASSERT_TRUE(observed.wait_for_requests(1));
  observed.all.clear();
}

void expect_what_is_each_tasks_own(const std::string &interpreter)
{
  const Listener listener;
  const Listener peer;
  const WorkerProcess slow([&] { answer_after(peer, wait_length); });
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  ASSERT_NO_FATAL_FAILURE(expect_loop(*observed));
  const PythonServer worker(interpreter, script, listener, port_of(peer));
  ASSERT_NO_FATAL_FAILURE(watch_loop(*observed, worker, listener));

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

/// What a peer does that answers each connection's question in two pieces, `wait_length` before
/// each.
[[noreturn]] void answer_in_pieces(const Listener &peer)
{
  for (;;) {
    const int fd = ::accept4(peer.fd(), nullptr, nullptr, SOCK_CLOEXEC);
    std::array<char, 256> question;
    if (::recv(fd, question.data(), question.size(), 0) > 0) {
      for (int piece = 0; piece < 2; ++piece) {
        std::this_thread::sleep_for(wait_length);
        send_text(fd, "x");
      }
    }
    ::close(fd);
  }
}

// The only open request may wait for a socket while what the loop runs is a timer of the server's
// own.
TEST(Tasks, KeepTheirWaitsThroughTimersOfOthers)
{
  if (::access("/usr/bin/python3", X_OK) != 0)
    GTEST_SKIP() << "missing: /usr/bin/python3 (package python3)";
  const Listener listener;
  const Listener peer;
  const WorkerProcess slow([&] { answer_in_pieces(peer); });
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  ASSERT_NO_FATAL_FAILURE(expect_loop(*observed));
  const PythonServer worker("/usr/bin/python3", script, listener, port_of(peer));
  ASSERT_NO_FATAL_FAILURE(watch_loop(*observed, worker, listener));
  ask_together(listener, { "/tick" }, 1);

  ask_together(listener, { "/answer" }, 1);
  const int client = listener.connect();
  send_text(client, "POST /body HTTP/1.1\r\n\r\n");
  for (int piece = 0; piece < 2; ++piece) {
    std::this_thread::sleep_for(wait_length);
    send_text(client, "x");
  }
  EXPECT_TRUE(receive_response(client).ends_with("ok"));
  ::close(client);
  ask_together(listener, { "/nap" }, 1);
  ASSERT_TRUE(observed->wait_for_requests(4));

  struct Expected {
    std::string path;
    std::map<Cause, std::chrono::milliseconds> least;
  };
  for (const Expected &expected :
       { Expected{ "/answer",
                   { { Cause::sleep, wait_length }, { Cause::upstream, 2 * wait_length } } },
         Expected{ "/body", { { Cause::client_read, 2 * wait_length } } },
         Expected{ "/nap", { { Cause::sleep, 2 * wait_length } } } }) {
    const auto requests = observed->requests();
    const auto one = std::ranges::find(requests, expected.path, &Request::path);
    ASSERT_NE(one, requests.end()) << expected.path;
    for (const Cause cause : { Cause::upstream, Cause::client_read, Cause::sleep }) {
      SCOPED_TRACE(expected.path + " " + std::string(domain::name_of(cause)));
      const auto least = expected.least.find(cause);
      // The timers take some of each wait.
      if (least != expected.least.end())
        EXPECT_GE(one->times[cause], least->second - wait_length / 2);
      else
        EXPECT_LT(one->times[cause], wait_length / 8);
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
