// What happened lately, while somebody wants to know.

#pragma once

#include "app/observation_feed.h"
#include "domain/evidence.h"

#include <chrono>
#include <deque>
#include <memory>
#include <optional>

namespace linger::app {

/// Gathers evidence in two windows that overlap, so that at any time one of them is at least half
/// as long as what is looked back on: one window would know nothing whenever it began anew. A
/// window costs the agent as much again as counting what happens, so there are none unless somebody
/// wants them. Used on the collecting thread alone.
class RecentEvidence {
public:
  /// Nobody has wanted anything for so long, or for twice the span where that is longer: the
  /// windows end.
  static constexpr std::chrono::minutes patience{ 3 };
  /// A younger window is no ground to judge anything on.
  static constexpr std::chrono::seconds least_age{ 10 };

  /// Reports look back on `span` at most, and once somebody has wanted them for long enough on
  /// half of it at least. `feed` must outlive this.
  RecentEvidence(ObservationFeed &feed, domain::RouteTable routes, domain::Nanos span);

  [[nodiscard]] domain::Nanos span() const { return span_; }
  /// Somebody wants to know, now and presumably again.
  void want(domain::ClockAnchor now) { wanted_ = now.monotonic; }
  /// Opens and ends what is due. Whether a window was opened, which knows no server until these are
  /// announced anew.
  [[nodiscard]] bool tend(domain::ClockAnchor now);
  /// Of the longest window, without findings; nothing while that is too young. Open requests are
  /// left out: they are among the next ones, and counting them as they stand takes a copy of all
  /// that was gathered.
  [[nodiscard]] std::optional<domain::Report> report(domain::ClockAnchor now);

private:
  struct Gathering {
    Gathering(ObservationFeed &feed, const domain::RouteTable &routes, domain::ClockAnchor now);

    domain::MonotonicTime begin;
    domain::Evidence evidence;
    std::unique_ptr<ObservationFeed::Window> window; // ends first: it feeds the evidence
  };

  [[nodiscard]] bool is_wanted(domain::ClockAnchor now) const;

  ObservationFeed &feed_;
  domain::RouteTable routes_;
  domain::Nanos span_;
  std::optional<domain::MonotonicTime> wanted_;
  std::deque<std::unique_ptr<Gathering>> gatherings_; // the oldest first
};

} // namespace linger::app
