#include "domain/thread_requests.h"

#include <algorithm>
#include <utility>

namespace linger::domain {

std::vector<WholeRequest> ThreadRequests::add(const Request &request)
{
  std::vector<WholeRequest> whole;
  const bool replaces = pending_ && pending_->sequence == request.sequence;
  if (!replaces && recorded(request.sequence)) {
    if (request.window.end <= last_end_ || request.window.begin == told_begin_)
      return whole;
    if (std::optional<WholeRequest> last = finish())
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

void ThreadRequests::add(const Wait &wait)
{
  const auto [held, inserted] = waits_.try_emplace(wait.request_sequence, WholeRequest::max_sites);
  held->second.add(wait);
  if (inserted && waits_.size() > max_waiting_requests)
    waits_.erase(waits_.begin());
}

std::optional<WholeRequest> ThreadRequests::finish()
{
  if (!pending_)
    return std::nullopt;
  return tell(*std::exchange(pending_, std::nullopt));
}

bool ThreadRequests::recorded(std::uint64_t sequence) const
{
  return told(sequence) || (pending_ && sequence <= pending_->sequence);
}

bool ThreadRequests::told(std::uint64_t sequence) const
{
  return told_ && sequence <= *told_;
}

WholeRequest ThreadRequests::tell(const Request &request)
{
  WholeRequest whole{ .request = request };
  if (const auto held = waits_.find(request.sequence); held != waits_.end())
    whole.waits = std::move(held->second);
  waits_.erase(waits_.begin(), waits_.upper_bound(request.sequence));
  told_ = request.sequence;
  told_begin_ = request.window.begin;
  return whole;
}

} // namespace linger::domain
