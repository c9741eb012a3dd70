#include "domain/load_sample.h"

#include <algorithm>
#include <limits>

namespace linger::domain {

void LoadSample::add(const Request &request)
{
  if (request.interleaved)
    return;
  const CauseTimes &times = request.times;
  LoadRequest kept{ .tgid = request.tgid,
                    .tid = request.tid,
                    .arrival = request.window.begin,
                    .queued = saturating_sum(times[Cause::accept_queue], times[Cause::event_loop]),
                    .end = request.window.end,
                    .on_cpu = times[Cause::on_cpu],
                    .run_queue = times[Cause::run_queue],
                    .gil = times[Cause::gil],
                    .lock = times[Cause::lock] };
  Nanos waited{};
  for (const Cause cause : all_causes()) {
    if (is_blocking(cause) && cause != Cause::gil && cause != Cause::lock &&
        cause != Cause::event_loop)
      waited = saturating_sum(waited, times[cause]);
  }
  kept.waited = waited;
  std::uint64_t round_trips = 0;
  for (const Cause cause : { Cause::database, Cause::cache, Cause::upstream, Cause::dns })
    round_trips += std::min<std::uint64_t>(request.calls.of(cause), max_requests);
  kept.calls = static_cast<std::uint16_t>(
      std::min<std::uint64_t>(round_trips, std::numeric_limits<std::uint16_t>::max()));

  requests_.push_back(kept);
  if (requests_.size() > max_requests)
    requests_.pop_front();
}

} // namespace linger::domain
