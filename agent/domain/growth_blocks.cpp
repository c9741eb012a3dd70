#include "domain/growth_blocks.h"

#include <algorithm>
#include <utility>

namespace linger::domain {

std::optional<GrowthBlock> GrowthBlocks::add(const GrowthPoint &point)
{
  const auto begin_of = [](const GrowthPoint &held) { return held.busy.begin; };
  held_.insert(std::ranges::upper_bound(held_, point.busy.begin, {}, begin_of), point);
  if (held_.size() <= max_held)
    return std::nullopt;
  const GrowthPoint next = held_.front();
  held_.erase(held_.begin());
  return advance(next);
}

std::optional<GrowthBlock> GrowthBlocks::advance(const GrowthPoint &point)
{
  if (warm_up_ < warm_up_requests) {
    ++warm_up_;
    busy_until_ = std::max(busy_until_, point.busy.end);
    return std::nullopt;
  }
  const bool late = block_ && point.busy.begin <= block_->window.begin;
  std::optional<GrowthBlock> closed;
  if (!late && (point.busy.begin >= busy_until_ || since_idle_ >= max_busy_requests)) {
    since_idle_ = 0;
    if (block_ &&
        (block_requests_ >= min_requests || point.busy.begin - block_->window.begin >= min_span)) {
      closed = std::exchange(block_, std::nullopt);
      closed->window.end = point.busy.begin;
      closed->change_bytes = static_cast<std::int64_t>(point.anonymous_begin_bytes - begin_bytes_);
    }
    if (!block_)
      open(point);
  }
  busy_until_ = std::max(busy_until_, point.busy.end);
  ++since_idle_;
  if (block_) {
    ++block_->requests[point.endpoint];
    ++block_requests_;
  }
  return closed;
}

void GrowthBlocks::open(const GrowthPoint &point)
{
  block_ = GrowthBlock{ .window = { point.busy.begin, point.busy.begin } };
  begin_bytes_ = point.anonymous_begin_bytes;
  block_requests_ = 0;
}

} // namespace linger::domain
