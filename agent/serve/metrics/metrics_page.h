// What the agent knows, as metrics. Every family is described in docs/metrics.md.

#pragma once

#include "domain/report.h"
#include "serve/metrics/metric_sink.h"
#include "serve/metrics/told_endpoints.h"

#include <vector>

namespace linger::serve {

/// Remembers from scrape to scrape which endpoints have series of their own. Not thread-safe.
class MetricsPage {
public:
  /// At most `max_endpoints` of each server have series of their own; the others are told together
  /// as route "(other)".
  explicit MetricsPage(std::size_t max_endpoints) : told_(max_endpoints) {}

  /// `totals` as AgentView::totals() gives them; `findings` are those that hold now.
  void tell(const domain::Report &totals, const std::vector<domain::Finding> &findings,
            MetricSink &sink);

private:
  ToldEndpoints told_;
};

} // namespace linger::serve
