#include "serve/top/rates.h"

#include "unit/serve/top/top_reports.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace test;

constexpr std::uint64_t ms = 1'000'000;

TEST(TopRates, TellsWhatWasAddedInBetween)
{
  v1::Report earlier = report_at(10);
  add_endpoint(earlier, "/a", 100, 500 * ms, 100 * ms, 3);
  add_endpoint(earlier, "/still", 7, 7 * ms, 0);
  v1::Report later = report_at(12);
  add_endpoint(later, "/a", 104, 540 * ms, 108 * ms, 4);
  add_endpoint(later, "/still", 7, 7 * ms, 0);
  add_endpoint(later, "/new", 2, 200 * ms, 0);

  const Rates rates = rates_between(earlier, later);
  EXPECT_EQ(rates.seconds, 2);
  ASSERT_EQ(rates.endpoints.size(), 2U); // the one with the most time first; /still had nothing
  EXPECT_EQ(rates.endpoints[0].name, "GET /new");
  EXPECT_EQ(rates.endpoints[1].name, "GET /a");
  EXPECT_EQ(rates.endpoints[1].requests, 4U);
  EXPECT_EQ(rates.endpoints[1].errors, 1U);
  EXPECT_EQ(rates.endpoints[1].times.database_ns(), 40 * ms);
  EXPECT_EQ(rates.endpoints[1].mean_ns(), 12 * ms);
  ASSERT_EQ(rates.servers.size(), 1U);
  EXPECT_EQ(rates.servers[0].requests, 6U);
  EXPECT_EQ(rates.servers[0].times.wall_ns(), 248 * ms);
}

TEST(TopRates, CountsEverythingAtFirstAndOfAnAgentThatStartedAnew)
{
  v1::Report later = report_at(4);
  add_endpoint(later, "/a", 8, 80 * ms, 0);
  EXPECT_EQ(rates_between({}, later).endpoints.at(0).requests, 8U);
  v1::Report long_ago = report_at(500);
  add_endpoint(long_ago, "/a", 6, 60 * ms, 0);
  const Rates rates = rates_between(long_ago, later);
  EXPECT_EQ(rates.endpoints.at(0).requests, 8U);
  EXPECT_EQ(rates.seconds, 4);
}

TEST(TopRates, CountsNothingBelowZero)
{
  v1::Report earlier = report_at(10);
  add_endpoint(earlier, "/a", 10, 100 * ms, 0);
  v1::Report later = report_at(12);
  add_endpoint(later, "/a", 9, 90 * ms, 0);
  EXPECT_TRUE(rates_between(earlier, later).endpoints.empty());
}

} // namespace
} // namespace linger::serve
