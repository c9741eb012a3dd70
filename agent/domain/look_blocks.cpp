#include "domain/look_blocks.h"

#include <utility>

namespace linger::domain {

void LookBlocks::add_request(const TimeWindow &busy, std::uint32_t endpoint)
{
  if (warm_up_ < warm_up_requests) {
    ++warm_up_;
    return;
  }
  if (!latest_)
    return;
  const bool ended_before = busy.end <= latest_->window.begin;
  ++(ended_before ? before_ : after_)[endpoint];
  latest_->busy |= !ended_before && busy.begin < latest_->window.end;
}

std::optional<GrowthBlock> LookBlocks::add_look(const TimeWindow &window, std::uint64_t bytes)
{
  if (warm_up_ < warm_up_requests)
    return std::nullopt;
  std::optional<GrowthBlock> closed;
  if (latest_ && latest_->busy && busy_looks_ < max_busy_looks)
    ++busy_looks_;
  else if (latest_)
    closed = close();
  for (const auto &[endpoint, count] : std::exchange(after_, {}))
    before_[endpoint] += count;
  latest_ = Look{ .window = window, .bytes = bytes };
  return closed;
}

std::optional<GrowthBlock> LookBlocks::close()
{
  if (begin_ && before_.empty())
    return std::nullopt;
  busy_looks_ = 0;
  const std::optional<Look> from = std::exchange(begin_, latest_);
  Requests requests = std::exchange(before_, {});
  if (!from)
    return std::nullopt;
  return GrowthBlock{ .window = { from->window.begin, latest_->window.begin },
                      .requests = std::move(requests),
                      .change_bytes = static_cast<std::int64_t>(latest_->bytes - from->bytes) };
}

} // namespace linger::domain
