#include "domain/timeline.h"

#include "domain/endpoint_aggregate.h"

#include <algorithm>
#include <functional>
#include <tuple>
#include <utility>

namespace linger::domain {
namespace {

Timeline::Bar bar_of(const CountedRequest &counted)
{
  const Request &request = *counted.request;
  const TimeWindow busy = busy_window(request);
  Timeline::Bar bar{ .tgid = request.tgid,
                     .begin = counted.offset + (busy.begin - request.window.begin),
                     .length = busy.length(),
                     .status = request.status,
                     .endpoint =
                         std::string{ counted.method } + " " + std::string{ counted.route } };
  for (const Cause cause : all_causes()) {
    const bool before = cause == Cause::accept_queue || cause == Cause::event_loop;
    if (!before && request.times[cause] > bar.cause_time) {
      bar.cause = cause;
      bar.cause_time = request.times[cause];
    }
  }
  return bar;
}

} // namespace

void Timeline::add(const CountedRequest &counted)
{
  ++requests_;
  bars_.push_back(bar_of(counted));
  std::ranges::push_heap(bars_, std::ranges::greater{}, &Bar::length);
  if (bars_.size() > max_bars) {
    std::ranges::pop_heap(bars_, std::ranges::greater{}, &Bar::length);
    bars_.pop_back();
  }
}

std::vector<Timeline::Bar> Timeline::bars() const
{
  std::vector<Bar> sorted = bars_;
  std::ranges::sort(sorted, {}, [](const Bar &bar) { return std::tuple{ bar.tgid, bar.begin }; });
  return sorted;
}

} // namespace linger::domain
