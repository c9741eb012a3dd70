// Lets other threads have something done on the collecting thread.

#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <vector>

namespace linger::app {

/// Thread-safe.
class WorkQueue {
public:
  /// Has `work` run by the thread that calls run_all(), and returns when it is done; false when the
  /// queue was closed before its turn came. Must not be called by the running thread.
  [[nodiscard]] bool run(std::function<void()> work);

  void run_all();

  /// Nothing runs any more; those who wait are told.
  void close();

private:
  struct Item {
    std::function<void()> work;
    bool done = false;
    bool dropped = false;
  };

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Item *> waiting_; // each lives in the run() that waits for it
  bool closed_ = false;
};

} // namespace linger::app
