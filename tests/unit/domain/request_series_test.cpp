#include "domain/request_series.h"

#include "unit/domain/observations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <utility>

namespace linger::domain {
namespace {

using namespace test;
using testing::ElementsAre;
using testing::Pair;
using testing::SizeIs;

class RequestSeriesTest : public testing::Test {
protected:
  RequestSeriesTest()
  {
    evidence.tell_requests(series_sink(series));
    evidence.add(mark(1s));
    evidence.add(seen(1s, { worker, other_worker }));
  }

  const RequestSeries &of(const std::string &route)
  {
    return series.at({ .server = master, .method = "GET", .route = route });
  }

  SeriesByEndpoint series;
  Evidence evidence{ RouteTable{} };
};

TEST_F(RequestSeriesTest, KeepsEachRequestInItsSecond)
{
  evidence.add(request(1, 1100ms, 1110ms, "/item/7"));
  evidence.add(answered(request(2, 3999ms, 4200ms, "/item/8"), 503));
  const RequestSeries &items = of("/item/{}");
  ASSERT_THAT(items.samples, SizeIs(2));
  EXPECT_EQ(items.samples[0].slice, 0);
  EXPECT_EQ(items.samples[0].wall, 10ms);
  EXPECT_EQ(items.samples[1].slice, 2);
  ASSERT_THAT(items.slices, SizeIs(3));
  EXPECT_EQ(items.slices[1].requests, 0);
  EXPECT_EQ(items.slices[2].errors, 1);
  EXPECT_EQ(items.slices[2].times[Cause::on_cpu], 201ms);
  EXPECT_EQ(items.requests(), 2);
  EXPECT_EQ(items.errors(), 1);
}

TEST_F(RequestSeriesTest, ARequestThatBeganBeforeTheWindowIsInItsFirstSecond)
{
  evidence.add(request(1, 200ms, 1500ms));
  EXPECT_EQ(of("/").samples.at(0).slice, 0);
}

TEST_F(RequestSeriesTest, TellsAReplacedRequestOnce)
{
  evidence.add(provisional(request(1, 1100ms, 1110ms)));
  EXPECT_TRUE(series.empty());
  evidence.add(request(1, 1100ms, 1150ms));
  ASSERT_THAT(of("/").samples, SizeIs(1));
  EXPECT_EQ(of("/").samples[0].wall, 50ms);
}

TEST_F(RequestSeriesTest, WhatIsHeldBackComesAtTheEndAndOnce)
{
  evidence.add(provisional(request(1, 1100ms, 1110ms)));
  evidence.add(mark(5s));
  const Report report = evidence.report();
  EXPECT_THAT(report.endpoints, SizeIs(1));
  EXPECT_TRUE(series.empty()) << "a report is no end";
  evidence.finish();
  EXPECT_THAT(of("/").samples, SizeIs(1));
}

TEST_F(RequestSeriesTest, LeavesOutWhatIsNoHttp)
{
  Request malformed = request(1, 1100ms, 1110ms);
  malformed.method = "-";
  evidence.add(malformed);
  EXPECT_TRUE(series.empty());
}

TEST(RequestSeries, MergesSecondBySecond)
{
  RequestSeries one;
  one.add(500ms, request(1, 0ms, 10ms));
  RequestSeries other;
  other.add(2500ms, request(1, 0ms, 20ms));
  one.merge(other);
  ASSERT_THAT(one.slices, SizeIs(3));
  EXPECT_EQ(one.slices[0].requests, 1);
  EXPECT_EQ(one.slices[2].requests, 1);
  EXPECT_EQ(one.requests(), 2);
}

TEST(RequestSeries, DoesNotGrowWithATimeThatCannotBe)
{
  RequestSeries series;
  series.add(std::chrono::hours{ 1'000'000 }, request(1, 0ms, 10ms));
  EXPECT_LE(series.slices.size(), 86'400);
}

} // namespace
} // namespace linger::domain
