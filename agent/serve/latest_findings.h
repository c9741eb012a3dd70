// What is wrong now, as far as the latest whole window shows.

#pragma once

#include "serve/agent_view.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace linger::serve {

/// Observes one window after the other, each `window` long, on a thread of its own, as long as
/// somebody asks: a window costs the agent as much again as counting what happens. Thread-safe.
class LatestFindings {
public:
  /// Windows end when nobody has asked for `patience`, or for two windows where that is longer.
  LatestFindings(AgentView &agent, domain::Nanos window,
                 domain::Nanos patience = std::chrono::minutes{ 3 });

  /// Of the latest window that is over; nothing before the first one is, nor when nobody has asked
  /// for a while.
  [[nodiscard]] std::vector<domain::Finding> now();

private:
  using Clock = std::chrono::steady_clock;

  void watch(const std::stop_token &stop);
  /// Returns when somebody asked lately, or on `stop`.
  void wait_for_interest(const std::stop_token &stop);
  [[nodiscard]] bool is_of_interest() const;

  AgentView &agent_;
  domain::Nanos window_;
  domain::Nanos patience_;
  std::mutex mutex_;
  std::condition_variable_any asked_;
  Clock::time_point last_asked_ = Clock::time_point::min();
  std::vector<domain::Finding> findings_;
  std::jthread watching_; // last: it uses the others
};

} // namespace linger::serve
