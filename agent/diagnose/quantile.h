// Quantiles of few values, exactly.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace linger::diagnose {

/// The smallest value that the part `rank` (above 0, at most 1) of all does not exceed. There is at
/// least one.
template <typename Value>
[[nodiscard]] Value quantile_in(std::vector<Value> values, double rank)
{
  const double before = std::ceil(rank * static_cast<double>(values.size())) - 1;
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(std::max(0.0, before));
  std::ranges::nth_element(values, place);
  return *place;
}

} // namespace linger::diagnose
