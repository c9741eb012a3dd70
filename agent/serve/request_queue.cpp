#include "serve/request_queue.h"

#include <utility>

namespace linger::serve {

void RequestQueue::push(const SeenRequest &request)
{
  bool was_empty = false;
  {
    const std::lock_guard lock(mutex_);
    if (held_.requests.size() >= capacity_) {
      ++held_.skipped;
      held_.skipped_until = request.cursor;
      return;
    }
    was_empty = held_.requests.empty();
    held_.requests.push_back(request);
  }
  if (was_empty)
    filled_.notify_one();
}

RequestQueue::Batch RequestQueue::take(std::chrono::milliseconds patience)
{
  std::unique_lock lock(mutex_);
  filled_.wait_for(lock, patience, [this] { return !held_.requests.empty(); });
  return std::exchange(held_, {});
}

} // namespace linger::serve
