#include "domain/allocation.h"

#include <cmath>
#include <gtest/gtest.h>
#include <random>

namespace linger::domain {
namespace {

Allocation of(std::uint64_t bytes, std::uint64_t interval_bytes)
{
  Allocation allocation;
  allocation.bytes = bytes;
  allocation.interval_bytes = interval_bytes;
  return allocation;
}

TEST(Allocation, StandsForItselfWhereItWasCertainToBeSampled)
{
  EXPECT_DOUBLE_EQ(represented_bytes(of(1 << 20, 1)), 1 << 20);
  EXPECT_NEAR(represented_bytes(of(1 << 20, 16384)), 1 << 20, 1);
  EXPECT_NEAR(sampling_variance(of(1 << 20, 16384)), 0, 1);
}

TEST(Allocation, StandsForAboutTheIntervalWhereItIsSmall)
{
  EXPECT_NEAR(represented_bytes(of(16, 16384)), 16384, 16);
  EXPECT_NEAR(represented_count(of(16, 16384)), 1024, 1);
}

/// Of `count` allocations, those that a sampler meets.
struct Sum {
  double bytes = 0;
  double variance = 0;
};
Sum sampled(std::uint64_t count, std::uint64_t bytes, std::uint64_t interval_bytes,
            std::mt19937_64 &random)
{
  std::exponential_distribution<double> gap(1 / static_cast<double>(interval_bytes));
  double left = gap(random);
  Sum sum;
  for (std::uint64_t i = 0; i < count; ++i) {
    left -= static_cast<double>(bytes);
    if (left > 0)
      continue;
    left = gap(random);
    sum.bytes += represented_bytes(of(bytes, interval_bytes));
    sum.variance += sampling_variance(of(bytes, interval_bytes));
  }
  return sum;
}

TEST(Allocation, SumsToWhatWasAllocatedAndItsBoundsHold)
{
  std::mt19937_64 random(1);
  constexpr int rounds = 400;
  for (const std::uint64_t bytes : { 64ULL, 3105ULL, 20'000ULL, 300'000ULL }) {
    constexpr std::uint64_t count = 300;
    const double truth = static_cast<double>(count * bytes);
    double mean = 0;
    int held = 0;
    for (int round = 0; round < rounds; ++round) {
      const Sum sum = sampled(count, bytes, 16384, random);
      mean += sum.bytes / rounds;
      const Bounds bounds = sampled_sum_bounds(sum.bytes, sum.variance, 16384, 0.05);
      EXPECT_LE(bounds.low, sum.bytes);
      EXPECT_GE(bounds.high, sum.bytes);
      held += bounds.low <= truth + 1 && truth - 1 <= bounds.high ? 1 : 0;
    }
    // The mean of 400 is within four of its own deviations of the truth.
    const double deviation = std::sqrt(truth * 16384 / rounds);
    EXPECT_NEAR(mean, truth, 4 * deviation) << bytes;
    // 95 % of them at least; of 400 that is within four deviations of 380.
    EXPECT_GE(held, 380 - 18) << bytes;
  }
}

TEST(Allocation, BoundsWhatThereMayBeWhereNothingWasSampled)
{
  const Bounds bounds = sampled_sum_bounds(0, 0, 16384, 0.05);
  EXPECT_EQ(bounds.low, 0);
  // exp(-b / interval) = 0.025
  EXPECT_NEAR(bounds.high, 16384 * -std::log(0.025), 1);
}

TEST(Allocation, HasBoundsForAnySum)
{
  for (const double bytes : { 1.0, 1e6, 1e15, 1e300 }) {
    const Bounds bounds = sampled_sum_bounds(bytes, bytes, 16384, 0.05);
    EXPECT_TRUE(std::isfinite(bounds.low)) << bytes;
    EXPECT_TRUE(std::isfinite(bounds.high)) << bytes;
    EXPECT_LE(bounds.low, bounds.high) << bytes;
  }
}

} // namespace
} // namespace linger::domain
