// One evidence after the other, without a gap between them.

#pragma once

#include "domain/evidence.h"

#include <functional>
#include <optional>
#include <vector>

namespace linger::domain {

/// Splits what is observed into spans of at least `length`, at the samples of coverage, which come
/// once a second. Each observation is in one span alone; what stands at the end of one is the begin
/// of the next. Takes observations in the order in which they were made, the first mark among them.
/// Not thread-safe.
class RollingEvidence {
public:
  /// `done` gets each span when it is over.
  RollingEvidence(RouteTable routes, Nanos length, std::function<void(Evidence)> done);

  /// `clock` tells what the clocks show at the end of a span; called for few observations.
  void add(const Observation &observation, const std::function<ClockAnchor()> &clock);

  /// Nothing more will come: the last span is as long as it got to be.
  void finish(ClockAnchor now);

private:
  void end(ClockAnchor now);
  void begin(ClockAnchor now);

  RouteTable routes_;
  Nanos length_;
  std::function<void(Evidence)> done_;
  std::optional<Evidence> evidence_;
  MonotonicTime begin_;
  // What the next span begins with.
  std::optional<ServersSeen> servers_;
  std::vector<Observation> samples_; // since the latest sample of coverage, that one the last
  bool samples_complete_ = false;
};

} // namespace linger::domain
