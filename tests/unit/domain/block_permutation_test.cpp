#include "domain/block_permutation.h"

#include "domain/dice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using testing::DoubleEq;
using testing::ElementsAre;

constexpr std::size_t permutations = 1999;

std::vector<BlockSum> blocks_of(const std::vector<double> &means)
{
  std::vector<BlockSum> blocks;
  for (const double mean : means)
    blocks.push_back({ .sum = mean * 10, .count = 10 });
  return blocks;
}

/// `count` blocks whose means lie around `center`, `spread` to either side at most.
std::vector<BlockSum> random_blocks(std::size_t count, double center, double spread, Dice &dice)
{
  constexpr std::size_t steps = 2001;
  std::vector<double> means;
  for (std::size_t i = 0; i < count; ++i)
    means.push_back(center + spread * (static_cast<double>(dice.roll(steps)) / 1000 - 1));
  return blocks_of(means);
}

/// In which part of 400 pairs that differ in nothing the test says p < 0.05.
double false_alarms(std::size_t before, double spread_before, std::size_t after,
                    double spread_after)
{
  constexpr std::uint64_t pairs = 400;
  Dice dice{ 7 };
  int alarms = 0;
  for (std::uint64_t pair = 0; pair < pairs; ++pair) {
    const std::vector<BlockSum> first = random_blocks(before, 5, spread_before, dice);
    const std::vector<BlockSum> second = random_blocks(after, 5, spread_after, dice);
    alarms += permutation_p(first, second, 999, pair) < 0.05 ? 1 : 0;
  }
  return alarms / static_cast<double>(pairs);
}

TEST(BlockPermutation, DoubtsNothingWhereNothingDiffers)
{
  const std::vector<BlockSum> same = blocks_of({ 1, 2, 3, 4, 5, 6, 7, 8 });
  EXPECT_GT(permutation_p(same, same, permutations, 1), 0.3);
  const std::vector<BlockSum> constant = blocks_of({ 3, 3, 3, 3, 3, 3, 3, 3 });
  EXPECT_EQ(permutation_p(constant, constant, permutations, 1), 1);
}

TEST(BlockPermutation, SeesAShiftInItsDirectionOnly)
{
  const std::vector<BlockSum> low = blocks_of({ 1, 2, 1, 2, 1, 2, 1, 2 });
  const std::vector<BlockSum> high = blocks_of({ 3, 4, 3, 4, 3, 4, 3, 4 });
  EXPECT_LT(permutation_p(low, high, permutations, 1), 0.002);
  EXPECT_GT(permutation_p(high, low, permutations, 1), 0.9);
  EXPECT_LT(permutation_p(blocks_of(std::vector<double>(8, 1)),
                          blocks_of(std::vector<double>(8, 2)), permutations, 1),
            0.002);
}

TEST(BlockPermutation, OneWildBlockIsNoShift)
{
  const std::vector<BlockSum> before = blocks_of({ 1, 2, 1, 2, 1, 2, 1, 2 });
  const std::vector<BlockSum> after = blocks_of({ 1, 2, 1, 2, 1, 2, 1, 900 });
  EXPECT_GT(permutation_p(before, after, permutations, 1), 0.05);
}

TEST(BlockPermutation, AlarmsNoMoreOftenThanItSays)
{
  EXPECT_LT(false_alarms(10, 1, 10, 1), 0.08);
  EXPECT_LT(false_alarms(30, 1, 30, 1), 0.08);
  // Where the two only vary differently, the one with fewer blocks more: the case in which a test
  // of plain means fails.
  EXPECT_LT(false_alarms(30, 1, 10, 5), 0.10);
  EXPECT_LT(false_alarms(10, 5, 30, 1), 0.10);
  EXPECT_GT(false_alarms(10, 1, 10, 1), 0.02) << "it would never alarm";
}

TEST(BlockPermutation, LeavesOutBlocksThatCountedNothing)
{
  std::vector<BlockSum> before = blocks_of({ 1, 2, 1, 2, 1, 2, 1, 2 });
  const std::vector<BlockSum> after = blocks_of({ 2, 3, 1, 3, 2, 3, 1, 3 });
  const double without = permutation_p(before, after, permutations, 3);
  before.push_back({});
  EXPECT_EQ(permutation_p(before, after, permutations, 3), without);
  EXPECT_EQ(permutation_p({}, after, permutations, 3), 1);
  EXPECT_EQ(permutation_p(after, blocks_of({ 9 }), permutations, 3), 1);
}

TEST(LagOneCorrelation, TellsDriftFromAlternation)
{
  EXPECT_GT(lag_one_correlation(blocks_of({ 1, 2, 3, 4, 5, 6, 7, 8 })), 0.5);
  EXPECT_LT(lag_one_correlation(blocks_of({ 1, 2, 1, 2, 1, 2, 1, 2 })), -0.5);
  EXPECT_EQ(lag_one_correlation(blocks_of({ 4, 4, 4, 4 })), 0);
  EXPECT_EQ(lag_one_correlation(blocks_of({ 1, 2 })), 0);
}

TEST(Holm, AdjustsInTheOrderGiven)
{
  EXPECT_THAT(holm_adjusted({ 0.01, 0.04, 0.03, 0.005 }),
              ElementsAre(DoubleEq(0.03), DoubleEq(0.06), DoubleEq(0.06), DoubleEq(0.02)));
  EXPECT_THAT(holm_adjusted({ 0.7, 0.9 }), ElementsAre(1, 1));
  EXPECT_THAT(holm_adjusted({}), ElementsAre());
}

} // namespace
} // namespace linger::domain
