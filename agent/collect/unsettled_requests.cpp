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

void UnsettledRequests::note_closed(std::uint32_t tid, std::uint64_t sequence)
{
  const auto entry = by_lane_.find(Lane{ tid, 0 });
  if (entry != by_lane_.end() && entry->second.sequence == sequence)
    entry->second.streaming = false;
}

std::vector<domain::Request> UnsettledRequests::settle(domain::MonotonicTime now)
{
  std::vector<domain::Request> settled;
  for (auto entry = by_lane_.begin(); entry != by_lane_.end();) {
    const bool streaming = entry->second.streaming;
    if (now - entry->second.window.end < (streaming ? streaming_patience : patience)) {
      ++entry;
      continue;
    }
    entry->second.ended = true;
    entry->second.streaming = false;
    settled.push_back(std::move(entry->second));
    entry = by_lane_.erase(entry);
  }
  return settled;
}

} // namespace linger::collect
