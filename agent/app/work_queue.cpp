#include "app/work_queue.h"

#include <utility>

namespace linger::app {

bool WorkQueue::run(std::function<void()> work)
{
  Item item{ .work = std::move(work) };
  std::unique_lock lock{ mutex_ };
  if (closed_)
    return false;
  waiting_.push_back(&item);
  changed_.wait(lock, [&] { return item.done || item.dropped; });
  return item.done;
}

void WorkQueue::run_all()
{
  std::unique_lock lock{ mutex_ };
  const std::vector<Item *> items = std::exchange(waiting_, {});
  lock.unlock();
  for (Item *item : items) {
    item->work();
    lock.lock();
    item->done = true;
    // Under the lock: once it is let go, the item's owner may return and the item is no more.
    changed_.notify_all();
    lock.unlock();
  }
}

void WorkQueue::close()
{
  const std::scoped_lock lock{ mutex_ };
  closed_ = true;
  for (Item *item : std::exchange(waiting_, {}))
    item->dropped = true;
  changed_.notify_all();
}

} // namespace linger::app
