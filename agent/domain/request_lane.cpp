#include "domain/request_lane.h"

#include <algorithm>
#include <utility>

namespace linger::domain {

std::vector<Request> RequestLane::add(const Request &request)
{
  std::vector<Request> whole;
  const bool replaces = pending_ && pending_->sequence == request.sequence;
  if (!replaces && recorded(request.sequence)) {
    if (request.window.end <= last_end_ || request.window.begin == told_begin_)
      return whole;
    if (std::optional<Request> last = finish())
      whole.push_back(std::move(*last));
    told_.reset(); // the numbers of a new thread start over
  }
  if (pending_ && !replaces)
    whole.push_back(tell(*std::exchange(pending_, std::nullopt)));
  last_end_ = std::max(last_end_, request.window.end);
  if (request.ended) {
    pending_.reset();
    whole.push_back(tell(request));
  } else {
    pending_ = request;
  }
  return whole;
}

std::optional<Request> RequestLane::finish()
{
  if (!pending_)
    return std::nullopt;
  return tell(*std::exchange(pending_, std::nullopt));
}

bool RequestLane::recorded(std::uint64_t sequence) const
{
  return told(sequence) || (pending_ && sequence <= pending_->sequence);
}

bool RequestLane::told(std::uint64_t sequence) const
{
  return told_ && sequence <= *told_;
}

Request RequestLane::tell(Request request)
{
  told_ = request.sequence;
  told_begin_ = request.window.begin;
  return request;
}

} // namespace linger::domain
