// One endpoint in two recordings.

#pragma once

#include "diagnose/latency_comparison.h"
#include "domain/comparison.h"

#include <compare>
#include <cstddef>
#include <optional>
#include <string>

namespace linger::diagnose {

struct EndpointName {
  std::string service;
  std::string method;
  std::string route;

  auto operator<=>(const EndpointName &) const = default;
};

/// What one recording says of it.
struct EndpointSide {
  domain::RequestSeries series;
  /// Null where the report has none.
  const domain::EndpointReport *report = nullptr;
  std::size_t slices = 0;

  [[nodiscard]] SeriesInWindow in_window() const { return { &series, slices }; }
};

struct ComparedEndpoint {
  EndpointName name;
  const EndpointSide *before = nullptr;
  const EndpointSide *after = nullptr;
  /// Adjusted for all endpoints when it comes to judged().
  LatencyTests tests;
};

/// The comparison where times cannot be tested: one side (null) lacks the endpoint, or there are
/// too few requests or seconds; memory is compared all the same. Nothing where they can.
[[nodiscard]] std::optional<domain::EndpointComparison>
without_test(const EndpointName &name, const EndpointSide *before, const EndpointSide *after,
             const domain::Tolerance &tolerance);

/// What the tests mean at this level.
[[nodiscard]] domain::EndpointComparison judged(const ComparedEndpoint &compared,
                                                const domain::Tolerance &tolerance, double level);

} // namespace linger::diagnose
