#include "diagnose/recorded_load.h"

#include "unit/diagnose/loads.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;

TEST(RecordedLoadTest, TellsAClosedLoadByItsClients)
{
  const auto recorded = recorded_load(closed_load(12, 2, 100ms, 400), 50);

  ASSERT_TRUE(recorded);
  EXPECT_EQ(recorded->load.clients, 12U);
  EXPECT_LT(recorded->load.think, 2ms);
  EXPECT_EQ(recorded->load.jobs.size(), 400U);
  EXPECT_NEAR(recorded->measured.requests_per_second, 20, 0.1);
  EXPECT_NEAR(static_cast<double>(recorded->measured.wall_p50.count()), 600e6, 10e6);
}

TEST(RecordedLoadTest, TakesRequestsThatComeOnTheirOwnAsTheyCame)
{
  // Two threads, 90 % busy, arrivals without memory: requests queue, but now more, now less.
  const auto recorded = recorded_load(open_load(2, 100ms, 55556us, 1000), 50);

  ASSERT_TRUE(recorded);
  EXPECT_EQ(recorded->load.clients, 0U);
  EXPECT_EQ(recorded->load.jobs.front().arrival, 0ns);
  EXPECT_NEAR(recorded->measured.requests_per_second, 18, 1);
}

TEST(RecordedLoadTest, TakesAQueueThatGrowsForAnOpenLoad)
{
  const auto recorded = recorded_load(open_load(2, 100ms, 40ms, 1000), 50);

  ASSERT_TRUE(recorded);
  EXPECT_EQ(recorded->load.clients, 0U);
}

TEST(RecordedLoadTest, TakesALoadWithoutAQueueForAnOpenOne)
{
  EXPECT_EQ(recorded_load(closed_load(2, 2, 100ms, 400), 50)->load.clients, 0U);
}

TEST(RecordedLoadTest, KnowsWhatAThreadDoesBetweenTwoRequests)
{
  std::vector<LoadRequest> requests = closed_load(12, 2, 100ms, 400);
  for (LoadRequest &request : requests)
    request.end -= 3ms; // of the 100 ms
  const auto recorded = recorded_load(requests, 50);
  ASSERT_TRUE(recorded);
  EXPECT_EQ(recorded->between, 3ms);
}

TEST(RecordedLoadTest, SaysNothingOfTooFewRequestsOrOfNoTime)
{
  EXPECT_FALSE(recorded_load({}, 0));
  EXPECT_FALSE(recorded_load(closed_load(4, 2, 100ms, 49), 50));
  EXPECT_FALSE(recorded_load(std::vector<LoadRequest>(100), 50));
}

TEST(RecordedLoadTest, LeavesOutWhatCannotBe)
{
  std::vector<LoadRequest> requests = closed_load(12, 2, 100ms, 400);
  requests[7].queued = -5ms;
  requests[8].end = requests[8].arrival - 1s;
  EXPECT_EQ(recorded_load(requests, 50)->load.jobs.size(), 398U);
}

} // namespace
} // namespace linger::diagnose
