#include "collect/lock_waits.h"

#include <gtest/gtest.h>

namespace linger::collect {
namespace {

using domain::Cause;
using domain::MonotonicTime;
using namespace std::chrono_literals;

struct LockWaitsTest : testing::Test {
  /// The line that a thread that has waited since 10 s is given at `time`.
  std::string line_at(domain::Nanos time, Cause cause = Cause::lock, domain::Nanos since = 10s)
  {
    waits.begin_look();
    decode::Thread thread;
    thread.sample.time = MonotonicTime{ time };
    thread.sample.since = MonotonicTime{ since };
    thread.sample.tid = 7;
    thread.sample.cause = cause;
    waits.note(thread);
    EXPECT_EQ(thread.sample.for_event, !thread.sample.code.empty());
    return thread.sample.code;
  }

  int looks = 0;
  LockWaits waits{ [this](std::uint32_t, std::uint64_t) {
    return LockWaits::Place{ .code = "line " + std::to_string(++looks), .for_event = true };
  } };
};

TEST_F(LockWaitsTest, LooksAtALongWaitOnce)
{
  EXPECT_EQ(line_at(11s), "");
  EXPECT_EQ(line_at(12s), "line 1");
  EXPECT_EQ(line_at(13s), "line 1");
  EXPECT_EQ(looks, 1);
}

TEST_F(LockWaitsTest, LooksAgainAtAnotherWait)
{
  EXPECT_EQ(line_at(12s), "line 1");
  EXPECT_EQ(line_at(17s, Cause::lock, 14s), "line 2");
}

TEST_F(LockWaitsTest, LooksAtNoOtherWait)
{
  EXPECT_EQ(line_at(20s, Cause::database), "");
  EXPECT_EQ(line_at(20s, Cause::gil), "");
  EXPECT_EQ(looks, 0);
}

} // namespace
} // namespace linger::collect
