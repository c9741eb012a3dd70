#include "domain/block_bootstrap.h"

#include "domain/dice.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace linger::domain {
namespace {

constexpr std::size_t blocks = 20;
constexpr std::size_t values_each = 20;

/// Values around `center`, those of a block shifted together.
BlockedSide side_around(double center, Dice &dice)
{
  const auto noise = [&] { return static_cast<double>(dice.roll(2001)) / 1000 - 1; };
  BlockedSide side{ .blocks = blocks };
  side.figures.emplace_back(blocks);
  for (std::uint32_t block = 0; block < blocks; ++block) {
    const double shift = noise();
    for (std::size_t i = 0; i < values_each; ++i) {
      const double value = center + shift + noise();
      side.values.push_back({ .block = block, .value = value });
      side.figures[0][block].sum += value;
      side.figures[0][block].count += 1;
    }
  }
  std::ranges::sort(side.values, {}, &BlockedValue::value);
  return side;
}

TEST(BlockBootstrap, BoundsHoldTheTruthAboutAsOftenAsTheySay)
{
  constexpr int pairs = 200;
  constexpr double truth = 1;
  Dice dice{ 5 };
  int median = 0;
  int mean = 0;
  for (int pair = 0; pair < pairs; ++pair) {
    const BlockedSide before = side_around(10, dice);
    const BlockedSide after = side_around(10 + truth, dice);
    const DifferenceBounds bounds = bootstrap_differences(before, after, { 0.5 }, 1);
    const auto holds = [&](const Interval &one) { return one.low <= truth && truth <= one.high; };
    median += holds(bounds.quantiles[0]) ? 1 : 0;
    mean += holds(bounds.means[0]) ? 1 : 0;
  }
  EXPECT_GE(median, pairs * 88 / 100);
  EXPECT_GE(mean, pairs * 88 / 100);
  EXPECT_LT(mean, pairs) << "they would be of no use";
}

TEST(BlockBootstrap, IsTheSameEveryTime)
{
  Dice dice{ 6 };
  const BlockedSide before = side_around(1, dice);
  const BlockedSide after = side_around(2, dice);
  const DifferenceBounds once = bootstrap_differences(before, after, { 0.5, 0.95 }, 9);
  const DifferenceBounds again = bootstrap_differences(before, after, { 0.5, 0.95 }, 9);
  EXPECT_EQ(once.quantiles[1].low, again.quantiles[1].low);
  EXPECT_EQ(once.means[0].high, again.means[0].high);
  EXPECT_LT(once.quantiles[0].low, once.quantiles[0].high);
}

TEST(BlockBootstrap, OneBlockCannotMove)
{
  BlockedSide side{ .blocks = 1, .values = { { 0, 1 }, { 0, 2 }, { 0, 3 } }, .figures = {} };
  const DifferenceBounds bounds = bootstrap_differences(side, side, { 0.5 }, 1);
  EXPECT_EQ(bounds.quantiles[0].low, 0);
  EXPECT_EQ(bounds.quantiles[0].high, 0);
  EXPECT_TRUE(bounds.means.empty());
}

TEST(QuantileOf, TakesTheValueAtTheRank)
{
  const std::vector<BlockedValue> values{ { 0, 1 }, { 0, 2 }, { 0, 3 }, { 0, 4 } };
  EXPECT_EQ(quantile_of(values, 0.5), 2);
  EXPECT_EQ(quantile_of(values, 0.95), 4);
  EXPECT_EQ(quantile_of(values, 0), 1);
  EXPECT_EQ(quantile_of({}, 0.5), 0);
}

} // namespace
} // namespace linger::domain
