// How much CPU time a worker's control group may have, and how often that was not enough.

#pragma once

#include "domain/time.h"

#include <cstdint>
#include <string>

namespace linger::domain {

/// The limit that binds a worker, and its group's counters since the group was made. Other
/// processes may be in the group.
struct CpuLimitSample {
  MonotonicTime time;
  std::uint32_t tgid = 0;
  /// "/kubepods/pod1/web".
  std::string group;
  /// `quota` of CPU time in each `period`, by all CPUs together.
  Nanos quota{};
  Nanos period{};
  std::uint64_t periods = 0;
  std::uint64_t throttled_periods = 0;
  /// Summed over the CPUs that were held up.
  Nanos throttled{};
};

/// The same over a window.
struct CpuLimitReport {
  std::string group;
  Nanos quota{};
  Nanos period{};
  std::uint64_t periods = 0;
  std::uint64_t throttled_periods = 0;
  Nanos throttled{};

  bool operator==(const CpuLimitReport &) const = default;
};

/// Of two samples of one group.
[[nodiscard]] CpuLimitReport between(const CpuLimitSample &first, const CpuLimitSample &latest);

} // namespace linger::domain
