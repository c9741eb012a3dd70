#include "diagnose/recorded_load.h"

#include "diagnose/quantile.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace linger::diagnose {
namespace {

using domain::LoadRequest;
using domain::MonotonicTime;
using domain::Nanos;
using domain::Performance;

// Turns at the interpreter's lock, 5 ms each, of at most so much computing are replayed.
constexpr Nanos most_computing = std::chrono::seconds{ 300 };
// Enough for a 95th percentile, and few enough to be replayed a dozen times in some milliseconds.
constexpr std::size_t most_replayed = 1024;
constexpr std::uint32_t most_waits = 16;
constexpr double closed_max_dispersion = 0.5;

std::vector<Nanos> walls_of(const std::vector<LoadRequest> &requests)
{
  std::vector<Nanos> walls;
  for (const LoadRequest &request : requests)
    walls.push_back(request.wall());
  return walls;
}

/// `by_end`: two or more, the earliest end first, and not all at once.
Performance measured_in(const std::vector<LoadRequest> &by_end)
{
  const Nanos length = by_end.back().end - by_end.front().end;
  std::vector<Nanos> queued;
  double sum = 0;
  for (const LoadRequest &request : by_end) {
    queued.push_back(request.queued);
    sum += static_cast<double>(request.queued.count());
  }
  const std::vector<Nanos> walls = walls_of(by_end);
  return { .requests_per_second =
               1e9 * static_cast<double>(by_end.size() - 1) / static_cast<double>(length.count()),
           .queue_mean =
               Nanos{ domain::saturating_round(sum / static_cast<double>(by_end.size())) },
           .queue_p95 = quantile_in(queued, 0.95),
           .wall_p50 = quantile_in(walls, 0.5),
           .wall_p95 = quantile_in(walls, 0.95) };
}

/// How many of something there were over time.
struct Occupancy {
  double mean = 0;
  double variance = 0;
};

/// Over `window`, of the intervals [first, second).
Occupancy occupancy_of(const std::vector<std::pair<MonotonicTime, MonotonicTime>> &intervals,
                       const domain::TimeWindow &window)
{
  std::map<MonotonicTime, std::int64_t> steps{ { window.begin, 0 }, { window.end, 0 } };
  for (const auto &[begin, end] : intervals) {
    if (end <= window.begin || begin >= window.end || end <= begin)
      continue;
    ++steps[std::max(begin, window.begin)];
    --steps[std::min(end, window.end)];
  }
  double sum = 0, squares = 0, count = 0;
  for (auto step = steps.begin(); std::next(step) != steps.end(); ++step) {
    count += static_cast<double>(step->second);
    const auto length = static_cast<double>((std::next(step)->first - step->first).count());
    sum += count * length;
    squares += count * count * length;
  }
  const auto length = static_cast<double>(window.length().count());
  const double mean = sum / length;
  return { mean, std::max(0.0, squares / length - mean * mean) };
}

/// Sets clients and think where the load is a closed one.
void find_clients(const std::vector<LoadRequest> &by_end, double requests_per_second, Load &load)
{
  // What came before the first end or would end after the last is not known of every request.
  const Nanos edge = quantile_in(walls_of(by_end), 0.99);
  const domain::TimeWindow window{ by_end.front().end + edge, by_end.back().end - edge };
  if (window.length() < 2 * edge)
    return;
  std::vector<std::pair<MonotonicTime, MonotonicTime>> present, waiting;
  for (const LoadRequest &request : by_end) {
    present.emplace_back(request.arrival, request.end);
    waiting.emplace_back(request.arrival, request.begin());
  }
  const Occupancy in_server = occupancy_of(present, window);
  if (occupancy_of(waiting, window).mean < 1 ||
      in_server.variance >= closed_max_dispersion * in_server.mean)
    return;
  const double clients = in_server.mean / (1 - in_server.variance / in_server.mean);
  load.clients = static_cast<std::uint32_t>(std::max(1L, std::lround(clients)));
  load.think = Nanos{ domain::saturating_round(1e9 * std::max(0.0, load.clients - in_server.mean) /
                                               requests_per_second) };
}

/// Of threads whose next request had come before they were done with the one before.
Nanos between_in(const std::vector<LoadRequest> &by_end)
{
  std::map<std::pair<std::uint32_t, std::uint32_t>, MonotonicTime> last_end; // by thread
  std::vector<Nanos> gaps;
  for (const LoadRequest &request : by_end) {
    const auto [last, first] = last_end.try_emplace({ request.tgid, request.tid }, request.end);
    if (!first) {
      if (request.arrival <= last->second && request.begin() >= last->second)
        gaps.push_back(request.begin() - last->second);
      last->second = request.end;
    }
  }
  return gaps.empty() ? Nanos::zero() : quantile_in(gaps, 0.5);
}

void keep_latest(std::vector<LoadRequest> &requests, std::size_t most)
{
  if (requests.size() > most)
    requests.erase(requests.begin(), requests.end() - static_cast<std::ptrdiff_t>(most));
}

std::vector<double> shares_in(const std::vector<LoadRequest> &requests)
{
  std::map<std::uint32_t, double> by_worker;
  for (const LoadRequest &request : requests)
    ++by_worker[request.tgid];
  std::vector<double> shares;
  for (const auto &[tgid, count] : by_worker)
    shares.push_back(count);
  return shares;
}

Job job_of(const LoadRequest &request, MonotonicTime first_arrival)
{
  // Waits for a turn at the interpreter come out of the simulation; those for a CPU were others'.
  return { .arrival = request.arrival - first_arrival,
           .cpu = request.on_cpu,
           .wait = domain::saturating_sum(domain::saturating_sum(request.waited, request.lock),
                                          request.run_queue),
           .waits = std::clamp<std::uint32_t>(request.calls, 1, most_waits) };
}

} // namespace

std::optional<RecordedLoad> recorded_load(std::vector<LoadRequest> requests,
                                          std::size_t min_requests)
{
  // What a recording states need not be possible.
  std::erase_if(requests, [](const LoadRequest &request) {
    return request.queued < Nanos::zero() || request.end < request.begin() ||
           request.on_cpu < Nanos::zero() || request.waited < Nanos::zero();
  });
  std::ranges::stable_sort(requests, {}, &LoadRequest::end);
  Nanos computing{};
  std::size_t kept = 0; // of the latest
  while (kept < requests.size() && computing < most_computing)
    computing = domain::saturating_sum(computing, requests[requests.size() - ++kept].on_cpu);
  keep_latest(requests, kept);
  if (requests.size() < std::max<std::size_t>(2, min_requests) ||
      requests.back().end <= requests.front().end)
    return std::nullopt;

  RecordedLoad recorded;
  recorded.between = between_in(requests);
  recorded.shares = shares_in(requests);
  find_clients(requests, measured_in(requests).requests_per_second, recorded.load);
  keep_latest(requests, most_replayed);
  if (requests.back().end <= requests.front().end)
    return std::nullopt;
  recorded.measured = measured_in(requests);
  std::ranges::stable_sort(requests, {}, &LoadRequest::arrival);
  for (const LoadRequest &request : requests)
    recorded.load.jobs.push_back(job_of(request, requests.front().arrival));
  return recorded;
}

} // namespace linger::diagnose
