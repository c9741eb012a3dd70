// How long a trace may go on, given what it costs.

#pragma once

#include "domain/time.h"

namespace linger::domain {

/// Keeps what the probes take from the workers below a fixed amount. Not even a probe that samples
/// nothing is free, so all there is to decide is when to take them off: first those at allocations,
/// early enough that what is left pays for seeing the frees until the latest requests have settled;
/// then all. Where frees alone would cost more than that, allocations get a third.
class TraceBudget {
public:
  enum class Verdict { go_on, stop_allocations, stop_all };

  TraceBudget(Nanos allowed, Nanos settle_after) : allowed_(allowed), settle_after_(settle_after) {}

  /// What the probes have cost so far, in a trace that has run for `passed`.
  [[nodiscard]] Verdict judge(Nanos passed, Nanos allocations_cost, Nanos frees_cost) const;

private:
  Nanos allowed_;
  Nanos settle_after_;
};

} // namespace linger::domain
