#include "domain/timeline.h"

#include "unit/domain/observations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using namespace test;
using testing::SizeIs;

CountedRequest counted(const Request &request, Nanos offset)
{
  return {
    .server = master, .method = "GET", .route = "/report/{}", .offset = offset, .request = &request
  };
}

TEST(Timeline, ShowsWhatAWorkerWasBusyWithAndWhatTookTheMostOfIt)
{
  Request made = spending(request(1, 0ms, 300ms), Cause::accept_queue, 200ms);
  made = spending(made, Cause::database, 80ms);
  Timeline timeline;
  timeline.add(counted(made, 1s));
  const Timeline::Bar bar = timeline.bars().at(0);
  EXPECT_EQ(bar.tgid, worker);
  EXPECT_EQ(bar.begin, 1200ms) << "behind the accept queue";
  EXPECT_EQ(bar.length, 100ms);
  EXPECT_EQ(bar.cause, Cause::database);
  EXPECT_EQ(bar.cause_time, 80ms);
  EXPECT_EQ(bar.endpoint, "GET /report/{}");
}

TEST(Timeline, KeepsTheLongestHoweverManyThereAre)
{
  Timeline timeline;
  for (std::int64_t i = 0; i < 5000; ++i) {
    const Request made = request(1, 0ms, 1ms * ((i * 7919) % 5000 + 1));
    timeline.add(counted(made, 1ms * i));
  }
  EXPECT_EQ(timeline.requests(), 5000);
  const std::vector<Timeline::Bar> bars = timeline.bars();
  ASSERT_THAT(bars, SizeIs(Timeline::max_bars));
  for (const Timeline::Bar &bar : bars)
    EXPECT_GT(bar.length, 1ms * (5000 - static_cast<std::int64_t>(Timeline::max_bars)));
  EXPECT_TRUE(std::ranges::is_sorted(bars, {}, &Timeline::Bar::begin));
}

} // namespace
} // namespace linger::domain
