// How much an endpoint's requests leave behind, as a measurement with its bounds.

#pragma once

namespace linger::domain {

/// Bytes kept per request. `low` and `high` hold for all endpoints together with 95 %, because all
/// of them are asked and the one that keeps nothing must not be blamed. Whether it still went on in
/// the later half of the time is then asked of each by itself, again with 95 %: growth that has
/// ended (warm-up, a cache that reached its ceiling) shows there as bounds around zero.
struct GrowthEstimate {
  double per_request = 0;
  double low = 0;
  double high = 0;
  double late_low = 0;
  double late_high = 0;

  bool operator==(const GrowthEstimate &) const = default;
};

/// Whether it is sure that something was kept, and that this had not ended.
[[nodiscard]] constexpr bool goes_on(const GrowthEstimate &growth)
{
  return growth.low > 0 && growth.late_low > 0;
}

} // namespace linger::domain
