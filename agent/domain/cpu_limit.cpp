#include "domain/cpu_limit.h"

#include <algorithm>

namespace linger::domain {

CpuLimitReport between(const CpuLimitSample &first, const CpuLimitSample &latest)
{
  const auto since = [](std::uint64_t before, std::uint64_t now) {
    return now - std::min(before, now);
  };
  return { .group = latest.group,
           .quota = latest.quota,
           .period = latest.period,
           .periods = since(first.periods, latest.periods),
           .throttled_periods = since(first.throttled_periods, latest.throttled_periods),
           .throttled = std::max(Nanos::zero(), latest.throttled - first.throttled) };
}

} // namespace linger::domain
