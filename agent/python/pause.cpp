#include "python/pause.h"

#include <cerrno>
#include <charconv>
#include <cstdint>
#include <fmt/format.h>
#include <string>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <thread>
#include <utility>

namespace linger::python {
namespace {

namespace fs = std::filesystem;

/// Whether a stop is the one that was asked for, rather than a signal on its way.
bool is_asked_for(int status)
{
  return status >> 16 == PTRACE_EVENT_STOP;
}

} // namespace

Pause::Pause(Pause &&other) noexcept
    : threads_(std::exchange(other.threads_, {})), begun_(other.begun_), deadline_(other.deadline_),
      ended_(other.ended_)
{
}

Result<Pause> Pause::begin(const fs::path &proc, std::uint32_t tgid,
                           std::chrono::nanoseconds longest)
{
  Pause pause{ longest };
  // A thread that runs may start others until it is stopped.
  for (bool more = true; more;) {
    const Result<bool> seized = pause.seize_new(proc / std::to_string(tgid) / "task");
    if (!seized)
      return tl::unexpected(seized.error());
    more = *seized;
    if (const Result<> stopped = pause.wait_for_stops(); !stopped)
      return tl::unexpected(stopped.error());
  }
  if (pause.threads_.empty())
    return failure(Error::Kind::not_found, fmt::format("process {} is gone", tgid));
  return pause;
}

Result<bool> Pause::seize_new(const fs::path &tasks)
{
  bool any = false;
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(tasks, error)) {
    const std::string name = entry.path().filename();
    std::uint32_t tid = 0;
    std::from_chars(name.data(), name.data() + name.size(), tid);
    if (tid == 0 || threads_.contains(tid))
      continue;
    if (::ptrace(PTRACE_SEIZE, static_cast<pid_t>(tid), nullptr, nullptr) != 0) {
      if (errno == ESRCH)
        continue; // it has ended
      return failed(fmt::format("stop thread {} (does a debugger have it?)", tid), errno);
    }
    threads_.emplace(tid, Thread{});
    ::ptrace(PTRACE_INTERRUPT, static_cast<pid_t>(tid), nullptr, nullptr);
    any = true;
  }
  return any;
}

Result<> Pause::wait_for_stops()
{
  for (auto thread = threads_.begin(); thread != threads_.end();) {
    auto &[tid, state] = *thread;
    int status = 0;
    const pid_t changed = state.stopped
                              ? static_cast<pid_t>(tid)
                              : ::waitpid(static_cast<pid_t>(tid), &status, __WALL | WNOHANG);
    if (changed == 0 && Clock::now() >= deadline_)
      return failure(Error::Kind::exhausted,
                     fmt::format("thread {} did not stop in time: it waits in the kernel", tid));
    if (changed == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(50));
      continue;
    }
    if (changed < 0 || (!state.stopped && !WIFSTOPPED(status))) { // it ended
      thread = threads_.erase(thread);
      continue;
    }
    if (!state.stopped && !is_asked_for(status))
      state.signal = WSTOPSIG(status);
    state.stopped = true;
    ++thread;
  }
  return {};
}

void Pause::end()
{
  if (threads_.empty())
    return;
  // The first thread last: of a process that was killed it can be buried when the others are.
  for (auto thread = threads_.rbegin(); thread != threads_.rend(); ++thread)
    let_go(static_cast<pid_t>(thread->first), thread->second);
  threads_.clear();
  ended_ = Clock::now();
}

void Pause::let_go(pid_t tid, const Thread &thread)
{
  int signal = thread.signal;
  if (!thread.stopped) { // only a stopped one can be let go
    int status = 0;
    if (::waitpid(tid, &status, __WALL) < 0 || !WIFSTOPPED(status))
      return;
    signal = is_asked_for(status) ? 0 : WSTOPSIG(status);
  }
  // NOLINTNEXTLINE(performance-no-int-to-ptr): the signal travels where an address would
  void *const data = reinterpret_cast<void *>(static_cast<std::intptr_t>(signal));
  if (::ptrace(PTRACE_DETACH, tid, nullptr, data) == 0 || errno != ESRCH)
    return;
  // It was killed. Its parent hears of that when its tracer has.
  for (int wait = 0; wait < 1000 && ::waitpid(tid, nullptr, __WALL | WNOHANG) == 0; ++wait)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

} // namespace linger::python
