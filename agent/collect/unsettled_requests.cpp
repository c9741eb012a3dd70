#include "collect/unsettled_requests.h"

namespace linger::collect {

void UnsettledRequests::note(const domain::Request &request)
{
  const Lane lane{ request.tid, request.interleaved ? request.connection : 0 };
  if (request.ended)
    by_lane_.erase(lane);
  else
    by_lane_.insert_or_assign(lane, request);
}

std::vector<domain::Request> UnsettledRequests::settle(domain::MonotonicTime now)
{
  std::vector<domain::Request> settled;
  for (auto entry = by_lane_.begin(); entry != by_lane_.end();) {
    if (now - entry->second.window.end < patience) {
      ++entry;
      continue;
    }
    entry->second.ended = true;
    settled.push_back(std::move(entry->second));
    entry = by_lane_.erase(entry);
  }
  return settled;
}

} // namespace linger::collect
