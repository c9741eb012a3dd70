#include "domain/look_blocks.h"

#include <algorithm>
#include <utility>

namespace linger::domain {

void LookBlocks::add_request(const TimeWindow &busy, std::uint32_t endpoint)
{
  if (warm_up_ < warm_up_requests) {
    ++warm_up_;
    return;
  }
  longest_ = std::max(longest_, busy.length());
  // From the latest on: of many that are pending few concern a request.
  auto look = pending_.rbegin();
  while (look != pending_.rend() && busy.end <= look->window.begin)
    ++look;
  if (look != pending_.rend())
    ++look->after[endpoint];
  else if (begin_)
    ++before_[endpoint];
  for (; look != pending_.rend() && busy.begin < look->window.end; ++look)
    look->busy = true;
}

std::optional<GrowthBlock> LookBlocks::add_look(const TimeWindow &window, std::uint64_t bytes)
{
  if (warm_up_ < warm_up_requests)
    return std::nullopt;
  std::optional<GrowthBlock> closed;
  while (!closed && is_ripe(window.begin))
    closed = judge();
  pending_.push_back({ .window = window, .bytes = bytes });
  return closed;
}

bool LookBlocks::is_ripe(MonotonicTime now) const
{
  return !pending_.empty() &&
         (now - pending_.front().window.end >= std::min(longest_, max_patience) ||
          pending_.size() >= max_pending);
}

std::optional<GrowthBlock> LookBlocks::judge()
{
  Look look = std::move(pending_.front());
  pending_.pop_front();
  Requests after = std::exchange(look.after, {});
  std::optional<GrowthBlock> closed;
  if (look.busy && busy_looks_ < max_busy_looks_) {
    ++busy_looks_;
  } else if (!begin_ || !before_.empty()) {
    busy_looks_ = 0;
    if (begin_)
      closed = GrowthBlock{ .window = { begin_->window.begin, look.window.begin },
                            .requests = std::exchange(before_, {}),
                            .change_bytes = static_cast<std::int64_t>(look.bytes - begin_->bytes) };
    begin_ = std::move(look);
  }
  if (begin_) {
    for (const auto &[endpoint, count] : after)
      before_[endpoint] += count;
  }
  return closed;
}

} // namespace linger::domain
