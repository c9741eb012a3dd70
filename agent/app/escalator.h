// Looks closer at memory by itself: growth that is significant has a worker's heap looked into, and
// what the heap does not explain has the worker's allocations traced.

#pragma once

#include "app/config.h"
#include "app/heap_watch.h"
#include "app/host.h"
#include "diagnose/memory_suspects.h"

#include <functional>
#include <map>

namespace linger::app {

/// What it needs of the agent.
struct EscalatorServices {
  /// Everything since the agent started, findings included.
  std::function<Result<domain::Report>()> report;
  LookAtHeap look;
  /// Has an observation recorded.
  std::function<Result<>(const domain::Observation &)> tell;
  /// Of one worker, until end_trace().
  std::function<Result<>(std::uint32_t tgid, domain::Nanos window)> trace;
  std::function<void()> end_trace;
  /// Lets time pass; false when the agent is to end instead.
  std::function<bool(domain::Nanos)> pause;
  Clock clock;
};

/// One worker at a time, and one of a server in each EscalationConfig::pause. What is done, why and
/// what came of it is told as a domain::Escalation when it begins and when it has ended. Not
/// thread-safe; turn() takes as long as the windows that it observes.
class Escalator {
public:
  Escalator(const EscalationConfig &config, const diagnose::Thresholds &thresholds,
            EscalatorServices services)
      : config_(config), thresholds_(thresholds), services_(std::move(services))
  {
  }

  /// Until the agent is to end.
  void run();

  /// Looks once whether there is reason to look closer, and does; false when the agent is to end.
  [[nodiscard]] bool turn();

private:
  /// Nothing when the agent is to end; otherwise whether the heap explained the growth.
  [[nodiscard]] std::optional<bool> take_census(const diagnose::MemorySuspect &suspect);
  [[nodiscard]] bool trace(const diagnose::MemorySuspect &suspect);
  [[nodiscard]] domain::Escalation begun(const diagnose::MemorySuspect &suspect,
                                         domain::MemoryTier tier, std::string reason);
  void ended(domain::Escalation escalation, std::string outcome);
  void tell(const domain::Observation &observation);
  /// What the worker holds of anonymous memory now; 0 when it is gone.
  [[nodiscard]] std::int64_t anonymous_bytes(std::uint32_t tgid);

  EscalationConfig config_;
  diagnose::Thresholds thresholds_;
  EscalatorServices services_;
  std::map<std::uint32_t, domain::MonotonicTime> not_before_; // by server
};

} // namespace linger::app
