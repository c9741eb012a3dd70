// Stops another process for a moment, all of its threads.

#pragma once

#include "base/result.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <sys/types.h>

namespace linger::python {

/// By ptrace(2): the process gets no signal, its parent hears of nothing, and should this process
/// die the kernel lets the other one go on. A system call that waits begins anew, but epoll_wait(2)
/// and a few others may return EINTR, as after any stop (signal(7)). All calls on one thread: the
/// kernel knows who stopped it.
class Pause {
public:
  using Clock = std::chrono::steady_clock;

  /// Stops the threads and returns once none can run. not_found when the process is gone,
  /// not_permitted where it may not be stopped (somebody else traces it), exhausted when a thread
  /// does not stop within `longest`; then all run on.
  [[nodiscard]] static Result<Pause> begin(const std::filesystem::path &proc, std::uint32_t tgid,
                                           std::chrono::nanoseconds longest);

  Pause(Pause &&other) noexcept;
  Pause &operator=(Pause &&) = delete;
  Pause(const Pause &) = delete;
  Pause &operator=(const Pause &) = delete;
  ~Pause() { end(); }

  /// Ends it when it has lasted for `longest`. To be called often.
  void end_in_time()
  {
    if (Clock::now() >= deadline_)
      end();
  }
  /// Lets the threads run on, with the signals that came for them meanwhile. May be called twice.
  void end();
  [[nodiscard]] bool is_over() const { return threads_.empty(); }

  /// From the first thread's stop until it was over; until now where it is not.
  [[nodiscard]] std::chrono::nanoseconds lasted() const
  {
    return (is_over() ? ended_ : Clock::now()) - begun_;
  }

private:
  explicit Pause(std::chrono::nanoseconds longest)
      : begun_(Clock::now()), deadline_(begun_ + longest)
  {
  }

  struct Thread {
    bool stopped = false;
    int signal = 0; // that it was about to get
  };

  [[nodiscard]] Result<bool> seize_new(const std::filesystem::path &tasks);
  [[nodiscard]] Result<> wait_for_stops();
  static void let_go(pid_t tid, const Thread &thread);

  std::map<std::uint32_t, Thread> threads_; // by tid
  Clock::time_point begun_;
  Clock::time_point deadline_;
  Clock::time_point ended_;
};

} // namespace linger::python
