#include "collect/unsettled_requests.h"

namespace linger::collect {

void UnsettledRequests::note(const domain::Request &request)
{
  if (request.ended)
    by_tid_.erase(request.tid);
  else
    by_tid_.insert_or_assign(request.tid, request);
}

std::vector<domain::Request> UnsettledRequests::settle(domain::MonotonicTime now)
{
  std::vector<domain::Request> settled;
  for (auto entry = by_tid_.begin(); entry != by_tid_.end();) {
    if (now - entry->second.window.end < patience) {
      ++entry;
      continue;
    }
    entry->second.ended = true;
    settled.push_back(std::move(entry->second));
    entry = by_tid_.erase(entry);
  }
  return settled;
}

} // namespace linger::collect
