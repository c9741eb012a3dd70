#include "domain/listen_aggregate.h"

#include <algorithm>

namespace linger::domain {

void ListenAggregate::add(const ListenSample &sample)
{
  for (const ListenQueue &queue : sample.queues) {
    auto found = by_address_.find(queue.address);
    if (found == by_address_.end()) {
      if (by_address_.size() >= max_addresses)
        continue;
      found = by_address_.emplace(queue.address, Followed{ .dropped = queue.dropped }).first;
    }
    Followed &followed = found->second;
    followed.report.address = queue.address;
    followed.report.length = queue.length;
    followed.report.max_length = std::max(followed.report.max_length, queue.length);
    followed.report.limit = queue.limit;
    // Where there are fewer than before, another socket listens there now.
    followed.report.dropped +=
        queue.dropped >= followed.dropped ? queue.dropped - followed.dropped : queue.dropped;
    followed.dropped = queue.dropped;
  }
}

std::vector<ListenQueueReport> ListenAggregate::report() const
{
  std::vector<ListenQueueReport> reports;
  for (const auto &[address, followed] : by_address_)
    reports.push_back(followed.report);
  return reports;
}

} // namespace linger::domain
