// The lines of waits, on real interpreters: Debian's, and every other one that happens to be
// installed. LINGER_PYTHONS names more of them, separated by colons.

#include "kernel/observed.h"
#include "kernel/worker_process.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <unistd.h>

namespace linger {
namespace {

namespace fs = std::filesystem;
using domain::Cause;

const fs::path script = fs::path(LINGER_WORKLOADS) / "waits.py";

struct Case {
  const char *path;
  Cause cause;
  /// With its class from 3.11 on.
  std::string function;
};

const std::vector<Case> cases{
  { "/nap", Cause::sleep, "nap" },
  { "/lambda", Cause::sleep, "(Waits.method.<locals>.)?<lambda>" },
  { "/generator", Cause::sleep, "generator" },
  { "/callback", Cause::sleep, "callback" },
  { "/lines", Cause::sleep, "several_lines" },
  { "/non-ascii", Cause::sleep, "wärten" },
  { "/lock", Cause::lock, "lock" },
  { "/receive", Cause::upstream, "receive" },
};

/// The number of the line that ends in "# PATH".
int line_of(const std::string &path)
{
  std::ifstream source(script);
  std::string line;
  for (int number = 1; std::getline(source, line); ++number) {
    if (line.ends_with("# " + path))
      return number;
  }
  throw std::runtime_error("no line for " + path);
}

/// An interpreter that runs waits.py on a listener.
class PythonServer {
public:
  PythonServer(const std::string &interpreter, const Listener &listener)
      : process_([&interpreter, &listener] {
          const std::string fd = std::to_string(::dup(listener.fd()));
          ::execl(interpreter.c_str(), interpreter.c_str(), "-B", script.c_str(), fd.c_str(),
                  nullptr);
          std::_Exit(127);
        })
  {
  }

  [[nodiscard]] std::uint32_t tgid() const { return static_cast<std::uint32_t>(process_.tgid()); }

private:
  WorkerProcess process_;
};

domain::Server server_of(const PythonServer &worker)
{
  domain::Server server;
  server.master_tgid = static_cast<std::uint32_t>(::getpid());
  server.workers.push_back({ .tgid = worker.tgid(), .start_ticks = 1, .threads = 1 });
  return server;
}

std::vector<domain::Wait> waits_for(const Observed &observed, Cause cause)
{
  auto waits = observed.all_of<domain::Wait>();
  std::erase_if(waits, [cause](const domain::Wait &wait) { return wait.cause != cause; });
  return waits;
}

std::string codes_of(const std::vector<domain::Wait> &waits)
{
  std::string codes;
  for (const domain::Wait &wait : waits)
    codes += "\n  " + wait.what + " at " + wait.code;
  return codes;
}

/// Asks for `path` and waits until that request has been told of; an earlier one may be told of
/// only now.
void ask_and_observe(Observed &observed, const Listener &listener, const std::string &path)
{
  observed.all.clear();
  ASSERT_TRUE(ask(listener, "GET " + path + " HTTP/1.1\r\n\r\n").ends_with("ok"));
  ASSERT_TRUE(observed.wait_until([&] {
    return std::ranges::any_of(observed.requests(),
                               [&](const auto &request) { return request.path == path; });
  })) << path;
}

/// Not every wake-up shows who caused it, but many do.
void expect_the_line_that_released(Observed &observed, const Listener &listener)
{
  const std::string release = "waits.py:" + std::to_string(line_of("/released")) + " in hold)";
  std::string codes;
  for (int attempt = 0; attempt < 30; ++attempt) {
    ASSERT_NO_FATAL_FAILURE(ask_and_observe(observed, listener, "/released"));
    const auto waits = waits_for(observed, Cause::lock);
    if (std::ranges::any_of(waits, [&](const domain::Wait &wait) {
          return wait.what.starts_with("futex (released by ") && wait.what.ends_with(release) &&
                 wait.code.ends_with(" in released");
        }))
      return;
    codes += codes_of(waits);
  }
  ADD_FAILURE() << codes;
}

void expect_the_right_lines(const std::string &interpreter)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  const PythonServer worker(interpreter, listener);
  ASSERT_TRUE(ask(listener, "GET /ready HTTP/1.1\r\n\r\n").ends_with("ok"));
  ASSERT_TRUE(observed->collector->watch(server_of(worker)));

  for (const Case &one : cases) {
    ASSERT_NO_FATAL_FAILURE(ask_and_observe(*observed, listener, one.path));
    const std::regex expected("waits.py:" + std::to_string(line_of(one.path)) + " in " +
                              one.function);
    const auto waits = waits_for(*observed, one.cause);
    EXPECT_TRUE(std::ranges::any_of(waits,
                                    [&](const domain::Wait &wait) {
                                      return wait.window.length() >
                                                 std::chrono::milliseconds{ 15 } &&
                                             std::regex_search(wait.code, expected);
                                    }))
        << one.path << " has" << codes_of(waits);
  }

  expect_the_line_that_released(*observed, listener);

  ASSERT_NO_FATAL_FAILURE(ask_and_observe(*observed, listener, "/gil"));
  EXPECT_GE(observed->requests().back().times[Cause::gil], std::chrono::milliseconds{ 20 });
  const auto waits = waits_for(*observed, Cause::gil);
  EXPECT_TRUE(std::ranges::any_of(waits, [](const domain::Wait &wait) {
    return wait.what == "GIL" && wait.code.ends_with(" in burn_alone");
  })) << codes_of(waits);
}

TEST(PythonStack, NamesTheLineOfEveryWaitUnderDebiansPython)
{
  if (::access("/usr/bin/python3", X_OK) != 0)
    GTEST_SKIP() << "missing: /usr/bin/python3 (package python3)";
  expect_the_right_lines("/usr/bin/python3");
}

// As under musl, glibc before 2.35 and Linux 6.19: the stack is walked as the thread blocks.
TEST(PythonStack, NamesTheLineWhereTheWayBackToUserModeIsNotSeen)
{
  if (::access("/usr/bin/python3", X_OK) != 0)
    GTEST_SKIP() << "missing: /usr/bin/python3 (package python3)";
  ::setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
  expect_the_right_lines("/usr/bin/python3");
  ::unsetenv("GLIBC_TUNABLES");
}

std::vector<std::string> other_interpreters()
{
  std::vector<std::string> found;
  std::istringstream named(std::getenv("LINGER_PYTHONS") ? std::getenv("LINGER_PYTHONS") : "");
  for (std::string path; std::getline(named, path, ':');)
    found.push_back(path);
  std::error_code error;
  const char *home = std::getenv("HOME");
  const fs::path versions = fs::path(home ? home : "/root") / ".pyenv/versions";
  for (const auto &entry : fs::directory_iterator(versions, error)) {
    const std::string version = entry.path().filename();
    if (std::regex_match(version, std::regex("3\\.([89]|1[0-4])\\.[0-9]+")))
      found.push_back(entry.path() / "bin/python3");
  }
  std::ranges::sort(found);
  return found;
}

TEST(PythonStack, NamesTheLineOfEveryWaitUnderOtherPythons)
{
  const std::vector<std::string> interpreters = other_interpreters();
  if (interpreters.empty())
    GTEST_SKIP() << "missing: other interpreters than Debian's (LINGER_PYTHONS names them)";
  for (const std::string &interpreter : interpreters) {
    SCOPED_TRACE(interpreter);
    expect_the_right_lines(interpreter);
  }
}

TEST(PythonStack, SaysOnceWhatHasNoLines)
{
  const Listener listener;
  OBSERVE_OR_SKIP(observed, {}, listener.address());
  const auto gaps = observed->collector->coverage().gaps;
  EXPECT_EQ(std::ranges::count_if(
                gaps, [](const std::string &gap) { return gap.find("no CPython") != gap.npos; }),
            1);
}

} // namespace
} // namespace linger
