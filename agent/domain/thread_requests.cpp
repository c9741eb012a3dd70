#include "domain/thread_requests.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace linger::domain {

std::vector<WholeRequest> ThreadRequests::add(const Request &request)
{
  last_end_ = std::max(last_end_, request.window.end);
  if (!request.interleaved)
    return with_waits(lane_.add(request));

  std::vector<Request> whole;
  if (!connections_.contains(request.connection) && connections_.size() >= max_connections)
    make_room(whole);
  std::ranges::move(connections_[request.connection].add(request), std::back_inserter(whole));
  return with_waits(std::move(whole));
}

void ThreadRequests::add(const Wait &wait)
{
  const auto [held, inserted] = waits_.try_emplace(wait.request_sequence, WholeRequest::max_sites);
  held->second.add(wait);
  const std::size_t most = connections_.empty() && !wait.interleaved
                               ? max_waiting_requests
                               : max_interleaved_waiting_requests;
  if (inserted && waits_.size() > most)
    waits_.erase(waits_.begin());
}

std::vector<WholeRequest> ThreadRequests::finish()
{
  std::vector<Request> whole;
  if (std::optional<Request> last = lane_.finish())
    whole.push_back(std::move(*last));
  for (auto &[connection, lane] : connections_) {
    if (std::optional<Request> last = lane.finish())
      whole.push_back(std::move(*last));
  }
  return with_waits(std::move(whole));
}

bool ThreadRequests::recorded(std::uint64_t sequence) const
{
  return lane_.recorded(sequence);
}

bool ThreadRequests::told(std::uint64_t sequence) const
{
  return lane_.told(sequence);
}

void ThreadRequests::make_room(std::vector<Request> &whole)
{
  const auto oldest = std::ranges::min_element(
      connections_, {}, [](const auto &entry) { return entry.second.last_end(); });
  if (std::optional<Request> last = oldest->second.finish())
    whole.push_back(std::move(*last));
  connections_.erase(oldest);
}

std::vector<WholeRequest> ThreadRequests::with_waits(std::vector<Request> told)
{
  std::vector<WholeRequest> whole;
  for (Request &request : told) {
    WholeRequest &one = whole.emplace_back();
    const auto held = waits_.find(request.sequence);
    if (held != waits_.end())
      one.waits = std::move(held->second);
    // Of those before it no record will come any more.
    if (!request.interleaved)
      waits_.erase(waits_.begin(), waits_.upper_bound(request.sequence));
    else if (held != waits_.end())
      waits_.erase(held);
    one.request = std::move(request);
  }
  return whole;
}

} // namespace linger::domain
