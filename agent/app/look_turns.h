// Which worker's memory is looked at next, so that looking never costs more than its budget.

#pragma once

#include "domain/server.h"
#include "domain/time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace linger::app {

/// Of those that have served requests meanwhile, whoever was looked at longest ago comes next. What
/// a look took is paid back out of `budget` before the next one, so 500 workers have long intervals
/// and one has short ones. Not thread-safe.
class LookTurns {
public:
  /// Of one CPU, while there is load.
  static constexpr double budget = 0.01;
  static constexpr domain::Nanos min_interval = std::chrono::milliseconds{ 20 };
  /// What may be saved up.
  static constexpr domain::Nanos most_credit = std::chrono::milliseconds{ 5 };

  /// Those that are no longer there are forgotten.
  void set_workers(const std::vector<domain::Server> &servers);

  /// It ended a request.
  void served(std::uint32_t tgid);

  /// Whether somebody has served since the latest look, and there is no debt.
  [[nodiscard]] bool anybody_waits() const;

  /// nullopt while nobody is due, or there is a debt.
  [[nodiscard]] std::optional<std::uint32_t> next(domain::MonotonicTime now);

  void spent(domain::Nanos cost) { credit_ -= cost; }

private:
  struct Worker {
    domain::MonotonicTime due = domain::MonotonicTime::min();
    bool served = true; // a first look comes before the first request
  };
  std::map<std::uint32_t, Worker> workers_; // by tgid
  domain::Nanos credit_{};
  std::optional<domain::MonotonicTime> credited_until_;
};

} // namespace linger::app
