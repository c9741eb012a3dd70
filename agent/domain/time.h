// Time as the kernel's probes report it, and as people read it.

#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>

namespace linger::domain {

using Nanos = std::chrono::duration<std::int64_t, std::nano>;

/// The sum, or the nearest number that there is: how much a recording states in all has no limit.
[[nodiscard]] constexpr std::int64_t saturating_sum(std::int64_t a, std::int64_t b)
{
  using Limits = std::numeric_limits<std::int64_t>;
  std::int64_t sum = 0;
  if (__builtin_add_overflow(a, b, &sum))
    return a < 0 ? Limits::min() : Limits::max();
  return sum;
}
[[nodiscard]] constexpr Nanos saturating_sum(Nanos a, Nanos b)
{
  return Nanos{ saturating_sum(a.count(), b.count()) };
}

/// The nearest number that there is.
[[nodiscard]] inline std::int64_t saturating_round(double value)
{
  constexpr double most = 9.2e18; // what lies beyond it has no meaning in bytes either
  return static_cast<std::int64_t>(std::clamp(value, -most, most) + (value < 0 ? -0.5 : 0.5));
}

/// CLOCK_MONOTONIC, as bpf_ktime_get_ns() reads it. Named in the type, so that a monotonic time
/// cannot be compared with a wall time. It has no now(): in the domain, time comes in with the
/// data.
struct MonotonicClock {
  using duration = Nanos;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonotonicClock>;
  static constexpr bool is_steady = true;
};
using MonotonicTime = MonotonicClock::time_point;

/// Wall-clock time.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Nanos>;

/// The half-open window [begin, end).
struct TimeWindow {
  MonotonicTime begin;
  MonotonicTime end;

  [[nodiscard]] constexpr Nanos length() const { return std::max(Nanos::zero(), end - begin); }

  /// How much of this window `other` covers; zero when they do not meet.
  [[nodiscard]] constexpr Nanos overlap(const TimeWindow &other) const
  {
    return std::max(Nanos::zero(), std::min(end, other.end) - std::max(begin, other.begin));
  }
};

/// Ties the two clocks together: what the wall clock showed at one monotonic moment.
struct ClockAnchor {
  MonotonicTime monotonic;
  WallTime wall;

  [[nodiscard]] constexpr WallTime to_wall(MonotonicTime time) const
  {
    return wall + (time - monotonic);
  }
};

} // namespace linger::domain
