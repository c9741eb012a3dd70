// How sending to a collector goes.

#pragma once

#include "serve/metrics/metric_sink.h"

#include <cstdint>

namespace linger::serve {

/// Since the agent started.
struct OtlpCounts {
  /// Slow requests whose spans a collector took.
  std::uint64_t requests_sent = 0;
  /// Slow requests that found no room, or that no collector took.
  std::uint64_t requests_dropped = 0;
  /// Calls to the collector that failed, tried again or not.
  std::uint64_t exports_failed = 0;

  bool operator==(const OtlpCounts &) const = default;
};

/// As metrics.
void tell_export_counts(const OtlpCounts &counts, MetricSink &sink);

} // namespace linger::serve
