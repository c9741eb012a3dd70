#include "domain/quantile_sketch.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>
#include <vector>

namespace linger::domain {
namespace {

TEST(QuantileSketchTest, AnswersZeroWhenEmpty)
{
  const QuantileSketch sketch;

  EXPECT_EQ(sketch.count(), 0U);
  EXPECT_EQ(sketch.min(), 0U);
  EXPECT_EQ(sketch.max(), 0U);
  EXPECT_EQ(sketch.quantile(0.5), 0U);
  EXPECT_EQ(sketch.mean(), 0);
}

TEST(QuantileSketchTest, CountsWhatIsNoGreaterThanAValue)
{
  QuantileSketch sketch;
  EXPECT_EQ(sketch.count_at_most(100), 0U);
  for (const std::uint64_t value : { 0U, 50U, 100U, 200U, 100'000U })
    sketch.add(value);

  EXPECT_EQ(sketch.count_at_most(0), 1U);
  EXPECT_EQ(sketch.count_at_most(40), 1U);
  EXPECT_EQ(sketch.count_at_most(100), 3U);
  EXPECT_EQ(sketch.count_at_most(190), 3U);
  EXPECT_EQ(sketch.count_at_most(1'000'000), 5U);
  EXPECT_EQ(sketch.count_at_most(UINT64_MAX), 5U);
}

TEST(QuantileSketchTest, IsOffByAtMostOnePercentAtEveryRank)
{
  std::mt19937_64 random(1);
  std::lognormal_distribution<double> latency_ns(16, 2);
  QuantileSketch sketch;
  std::vector<std::uint64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<std::uint64_t>(latency_ns(random)) + 1000);
    sketch.add(values.back());
  }
  std::ranges::sort(values);

  for (const double rank : { 0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0 }) {
    const auto exact = static_cast<double>(
        values[static_cast<std::size_t>(rank * static_cast<double>(values.size() - 1))]);
    EXPECT_NEAR(static_cast<double>(sketch.quantile(rank)), exact, exact * 0.0101) << rank;
  }
}

TEST(QuantileSketchTest, TakesTheSmallestAndTheLargestNumbers)
{
  QuantileSketch sketch;
  sketch.add(0);
  sketch.add(0);
  sketch.add(1);
  sketch.add(UINT64_MAX);
  sketch.add(UINT64_MAX);

  EXPECT_EQ(sketch.quantile(0), 0U);
  EXPECT_EQ(sketch.quantile(0.25), 0U);
  EXPECT_EQ(sketch.quantile(0.5), 1U);
  EXPECT_NEAR(static_cast<double>(sketch.quantile(0.75)), 0x1p64, 0x1p64 * 0.0101);
  EXPECT_EQ(sketch.quantile(1), UINT64_MAX);
}

TEST(QuantileSketchTest, ClampsARankThatIsNone)
{
  QuantileSketch sketch;
  sketch.add(5);
  sketch.add(9);

  EXPECT_EQ(sketch.quantile(-1), 5U);
  EXPECT_EQ(sketch.quantile(7), 9U);
}

TEST(QuantileSketchTest, GivesTheSameWhetherMergedOrAddedOneByOne)
{
  QuantileSketch low;
  QuantileSketch high;
  QuantileSketch all;
  for (std::uint64_t i = 1; i <= 500; ++i) {
    low.add(i);
    high.add(i * 1'000'000);
    all.add(i);
    all.add(i * 1'000'000);
  }
  high.merge(low); // downwards: buckets are put in front

  for (const double rank : { 0.0, 0.2, 0.49, 0.51, 0.8, 1.0 })
    EXPECT_EQ(high.quantile(rank), all.quantile(rank)) << rank;
  EXPECT_EQ(high.count(), all.count());
  EXPECT_DOUBLE_EQ(high.mean(), all.mean());
}

TEST(QuantileSketchTest, CanBeMergedWithItselfAndWithAnEmptyOne)
{
  QuantileSketch sketch;
  sketch.add(10);
  sketch.add(1000);
  sketch.merge(sketch);
  sketch.merge(QuantileSketch{});

  EXPECT_EQ(sketch.count(), 4U);
  EXPECT_EQ(sketch.min(), 10U);
  EXPECT_EQ(sketch.max(), 1000U);
}

} // namespace
} // namespace linger::domain
