#include "app/work_queue.h"

#include <atomic>
#include <gtest/gtest.h>
#include <thread>

namespace linger::app {
namespace {

/// A thread that runs the queue's work until it is told to close it.
class Runner {
public:
  explicit Runner(WorkQueue &queue)
      : thread_([&queue](const std::stop_token &stop) {
          while (!stop.stop_requested()) {
            queue.run_all();
            std::this_thread::yield();
          }
          queue.close();
        })
  {
  }
  [[nodiscard]] std::thread::id id() const { return thread_.get_id(); }

private:
  std::jthread thread_;
};

TEST(WorkQueue, RunsTheWorkOnTheOtherThreadAndWaitsForIt)
{
  WorkQueue queue;
  const Runner runner{ queue };
  std::thread::id ran_on;

  EXPECT_TRUE(queue.run([&] { ran_on = std::this_thread::get_id(); }));
  EXPECT_EQ(ran_on, runner.id());
}

TEST(WorkQueue, RefusesWorkAfterItsEnd)
{
  WorkQueue queue;
  queue.close();

  EXPECT_FALSE(queue.run([] { FAIL(); }));
}

TEST(WorkQueue, TellsThoseWhoWaitWhenItCloses)
{
  WorkQueue queue;
  std::atomic<bool> begun = false;
  bool ran = true;
  std::jthread waiting{ [&] {
    begun = true;
    ran = queue.run([] { FAIL(); });
  } };
  while (!begun)
    std::this_thread::yield();
  queue.close(); // before or after the other thread got in line: both end it
  waiting.join();

  EXPECT_FALSE(ran);
}

TEST(WorkQueue, ServesManyThreadsAtOnce)
{
  WorkQueue queue;
  const Runner runner{ queue };
  int count = 0; // only the runner touches it while the others live
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 8; ++i)
      callers.emplace_back([&] {
        for (int n = 0; n < 100; ++n)
          EXPECT_TRUE(queue.run([&] { ++count; }));
      });
  }
  EXPECT_EQ(count, 800);
}

} // namespace
} // namespace linger::app
