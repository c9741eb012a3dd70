#include "collect/long_waits.h"

#include <gtest/gtest.h>

namespace linger::collect {
namespace {

using domain::Cause;
using domain::MonotonicTime;
using namespace std::chrono_literals;

struct LongWaitsTest : testing::Test {
  /// The line that a thread that has waited since 10 s is given at `time`.
  std::string line_at(domain::Nanos time, Cause cause = Cause::lock, domain::Nanos since = 10s,
                      bool request_open = false)
  {
    waits.begin_look();
    decode::Thread thread;
    thread.sample.time = MonotonicTime{ time };
    thread.sample.since = MonotonicTime{ since };
    thread.sample.tid = 7;
    thread.sample.cause = cause;
    thread.sample.request_open = request_open;
    waits.note(thread);
    EXPECT_EQ(thread.sample.for_event, !thread.sample.code.empty());
    return thread.sample.code;
  }

  int looks = 0;
  LongWaits waits{ [this](std::uint32_t, std::uint64_t) {
    return LongWaits::Place{ .code = "line " + std::to_string(++looks), .for_event = true };
  } };
};

TEST_F(LongWaitsTest, LooksAtALongWaitOnce)
{
  EXPECT_EQ(line_at(10'500ms), "");
  EXPECT_EQ(line_at(12s), "line 1");
  EXPECT_EQ(line_at(13s), "line 1");
  EXPECT_EQ(looks, 1);
}

TEST_F(LongWaitsTest, LooksAgainAtAnotherWait)
{
  EXPECT_EQ(line_at(12s), "line 1");
  EXPECT_EQ(line_at(17s, Cause::lock, 14s), "line 2");
}

TEST_F(LongWaitsTest, LooksAtWhatARequestWaitsForAndAtNothingElse)
{
  EXPECT_EQ(line_at(20s, Cause::database), "");
  EXPECT_EQ(line_at(20s, Cause::on_cpu, 10s, true), "");
  EXPECT_EQ(looks, 0);
  EXPECT_EQ(line_at(20s, Cause::database, 10s, true), "line 1");
}

} // namespace
} // namespace linger::collect
