#include "domain/block_permutation.h"

#include "domain/dice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <span>
#include <utility>

namespace linger::domain {
namespace {

struct Mean {
  double value = 0;
  /// The square of its standard error.
  double variance = 0;
};

/// The ratio's error by linearisation: blocks differ in how much they count too.
Mean measured(std::span<const BlockSum> blocks)
{
  double sum = 0;
  double count = 0;
  for (const BlockSum &block : blocks) {
    sum += block.sum;
    count += block.count;
  }
  Mean mean{ .value = sum / count };
  for (const BlockSum &block : blocks) {
    const double off = block.sum - mean.value * block.count;
    mean.variance += off * off;
  }
  const auto size = static_cast<double>(blocks.size());
  mean.variance *= size / (size - 1) / (count * count);
  return mean;
}

/// The difference of the means in standard errors.
double statistic(std::span<const BlockSum> before, std::span<const BlockSum> after)
{
  const Mean first = measured(before);
  const Mean second = measured(after);
  const double difference = second.value - first.value;
  const double error = std::sqrt(first.variance + second.variance);
  if (error > 0)
    return difference / error;
  if (difference == 0)
    return 0;
  return std::copysign(std::numeric_limits<double>::infinity(), difference);
}

std::vector<BlockSum> counted(const std::vector<BlockSum> &blocks)
{
  std::vector<BlockSum> kept;
  std::ranges::copy_if(blocks, std::back_inserter(kept),
                       [](const BlockSum &block) { return block.count > 0; });
  return kept;
}

} // namespace

double mean_of(const std::vector<BlockSum> &blocks)
{
  double sum = 0;
  double count = 0;
  for (const BlockSum &block : blocks) {
    sum += block.sum;
    count += block.count;
  }
  return count > 0 ? sum / count : 0;
}

double permutation_p(const std::vector<BlockSum> &before, const std::vector<BlockSum> &after,
                     std::size_t permutations, std::uint64_t seed)
{
  constexpr std::size_t enough = 100;
  // Rounding must not make the order seen look better than itself in another order.
  constexpr double slack = 1e-9;

  std::vector<BlockSum> pool = counted(before);
  const std::size_t split = pool.size();
  std::ranges::copy(counted(after), std::back_inserter(pool));
  if (split < 2 || pool.size() < split + 2)
    return 1;

  const auto drawn = [&] {
    const std::span<const BlockSum> all{ pool };
    return statistic(all.first(split), all.subspan(split));
  };
  const double seen = drawn();
  const double as_good = std::isfinite(seen) ? seen - slack * (1 + std::fabs(seen)) : seen;
  Dice dice{ seed };
  std::size_t better = 0;
  for (std::size_t done = 1; done <= permutations; ++done) {
    for (std::size_t i = 0; i < split; ++i)
      std::swap(pool[i], pool[i + dice.roll(pool.size() - i)]);
    better += drawn() >= as_good ? 1 : 0;
    if (better == enough)
      return static_cast<double>(better) / static_cast<double>(done);
  }
  // The order seen is one of the permutations.
  return static_cast<double>(better + 1) / static_cast<double>(permutations + 1);
}

double lag_one_correlation(const std::vector<BlockSum> &blocks)
{
  const std::vector<BlockSum> kept = counted(blocks);
  if (kept.size() < 3)
    return 0;
  std::vector<double> off;
  std::ranges::transform(kept, std::back_inserter(off),
                         [](const BlockSum &block) { return block.sum / block.count; });
  const double mean =
      std::accumulate(off.begin(), off.end(), 0.0) / static_cast<double>(off.size());
  double squares = 0;
  double products = 0;
  for (std::size_t i = 0; i < off.size(); ++i) {
    off[i] -= mean;
    squares += off[i] * off[i];
    products += i > 0 ? off[i] * off[i - 1] : 0;
  }
  return squares > 0 ? products / squares : 0;
}

std::vector<double> holm_adjusted(const std::vector<double> &p_values)
{
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{ 0 });
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p_values[i]; });
  std::vector<double> adjusted(p_values.size());
  double least = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const auto left = static_cast<double>(order.size() - rank);
    least = std::max(least, std::min(1.0, left * p_values[order[rank]]));
    adjusted[order[rank]] = least;
  }
  return adjusted;
}

} // namespace linger::domain
