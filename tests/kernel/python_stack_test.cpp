// The lines of waits, on real interpreters: Debian's, and every other one that happens to be
// installed. LINGER_PYTHONS names more of them, separated by colons.

#include "kernel/observed.h"
#include "kernel/python_server.h"
#include "kernel/worker_process.h"

#include <algorithm>
#include <cstdlib>
#include <regex>
#include <unistd.h>

namespace linger {
namespace {

using domain::Cause;

constexpr const char *script = "waits.py";

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
  const std::string release =
      "waits.py:" + std::to_string(line_of(script, "/released")) + " in hold)";
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
  const PythonServer worker(interpreter, script, listener);
  ASSERT_TRUE(ask(listener, "GET /ready HTTP/1.1\r\n\r\n").ends_with("ok"));
  ASSERT_TRUE(observed->collector->watch(server_of(worker)));

  for (const Case &one : cases) {
    ASSERT_NO_FATAL_FAILURE(ask_and_observe(*observed, listener, one.path));
    const std::regex expected("waits.py:" + std::to_string(line_of(script, one.path)) + " in " +
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
