#include "app/recent_evidence.h"

#include <algorithm>
#include <utility>

namespace linger::app {

RecentEvidence::Gathering::Gathering(ObservationFeed &feed, const domain::RouteTable &routes,
                                     domain::ClockAnchor now)
    : begin(now.monotonic), evidence(routes),
      window(feed.open_window(
          now, {}, [this](const domain::Observation &observation) { evidence.add(observation); }))
{
}

RecentEvidence::RecentEvidence(ObservationFeed &feed, domain::RouteTable routes, domain::Nanos span)
    : feed_(feed), routes_(std::move(routes)), span_(span)
{
}

bool RecentEvidence::is_wanted(domain::ClockAnchor now) const
{
  return wanted_ && now.monotonic - *wanted_ < std::max<domain::Nanos>(patience, 2 * span_);
}

bool RecentEvidence::tend(domain::ClockAnchor now)
{
  if (!is_wanted(now)) {
    gatherings_.clear();
    return false;
  }
  if (!gatherings_.empty() && now.monotonic - gatherings_.front()->begin >= span_)
    gatherings_.pop_front();
  const bool due = gatherings_.empty() || (gatherings_.size() == 1 &&
                                           now.monotonic - gatherings_.front()->begin >= span_ / 2);
  if (due)
    gatherings_.push_back(std::make_unique<Gathering>(feed_, routes_, now));
  return due;
}

std::optional<domain::Report> RecentEvidence::report(domain::ClockAnchor now)
{
  if (gatherings_.empty() ||
      now.monotonic - gatherings_.front()->begin < std::min<domain::Nanos>(least_age, span_ / 2))
    return std::nullopt;
  domain::Evidence &evidence = gatherings_.front()->evidence;
  evidence.add(domain::WindowMark{ .clock = now });
  return evidence.report(domain::Evidence::OpenRequests::left_out);
}

} // namespace linger::app
