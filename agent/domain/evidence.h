// Everything a report is made of, gathered from observations.

#pragma once

#include "domain/observation.h"
#include "domain/report.h"
#include "domain/route.h"

#include <memory>

namespace linger::domain {

/// Takes observations in the order in which they were made and answers with a report at any time.
/// The same observations give the same report. Memory is bounded by the number of endpoints
/// (at most `max_endpoints` a server, the rest is counted under the route "(other)"), workers and
/// threads, not by the number of requests: of each server the latest are kept (load_sample.h). Not
/// thread-safe.
class Evidence {
public:
  static constexpr std::size_t max_endpoints = 2000;

  explicit Evidence(RouteTable routes);
  ~Evidence();
  Evidence(Evidence &&) noexcept;
  Evidence &operator=(Evidence &&) noexcept;

  void add(const Observation &observation);

  /// The report without findings (diagnose/ adds them). The window runs from the first WindowMark
  /// to the latest one. A request whose response may not have ended yet is included as it stands.
  [[nodiscard]] Report report() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace linger::domain
