#include "domain/block_bootstrap.h"

#include "domain/dice.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace linger::domain {
namespace {

constexpr std::size_t repetitions = 400;

/// How often each block was drawn.
using Draw = std::vector<std::uint32_t>;

std::vector<BlockedValue> thinned(const std::vector<BlockedValue> &values)
{
  const std::size_t step = values.size() / BlockedSide::max_values + 1;
  std::vector<BlockedValue> kept;
  for (std::size_t i = step / 2; i < values.size(); i += step)
    kept.push_back(values[i]);
  return kept;
}

Draw drawn(std::size_t blocks, Dice &dice)
{
  Draw draw(blocks);
  for (std::size_t i = 0; i < blocks; ++i)
    ++draw[dice.roll(blocks)];
  return draw;
}

/// The quantiles at `ranks`, which ascend, of what was drawn.
std::vector<double> quantiles_of(const std::vector<BlockedValue> &values, const Draw &draw,
                                 const std::vector<double> &ranks)
{
  std::uint64_t all = 0;
  for (const BlockedValue &value : values)
    all += draw[value.block];
  std::vector<double> quantiles;
  std::uint64_t passed = 0;
  for (const BlockedValue &value : values) {
    passed += draw[value.block];
    while (quantiles.size() < ranks.size() && passed > 0 &&
           static_cast<double>(passed) >= ranks[quantiles.size()] * static_cast<double>(all))
      quantiles.push_back(value.value);
  }
  quantiles.resize(ranks.size(), values.empty() ? 0 : values.back().value);
  return quantiles;
}

double mean_of(const std::vector<BlockSum> &blocks, const Draw &draw)
{
  double sum = 0;
  double count = 0;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    sum += draw[i] * blocks[i].sum;
    count += draw[i] * blocks[i].count;
  }
  return count > 0 ? sum / count : 0;
}

Interval middle_of(std::vector<double> differences)
{
  constexpr double left_out = 0.025;
  std::ranges::sort(differences);
  const auto at = [&](double rank) {
    const auto last = static_cast<double>(differences.size() - 1);
    return differences[static_cast<std::size_t>(std::lround(rank * last))];
  };
  return { .low = at(left_out), .high = at(1 - left_out) };
}

std::vector<Interval> middles_of(std::vector<std::vector<double>> differences)
{
  std::vector<Interval> bounds;
  for (std::vector<double> &of_one : differences)
    bounds.push_back(middle_of(std::move(of_one)));
  return bounds;
}

} // namespace

double quantile_of(const std::vector<BlockedValue> &values, double rank)
{
  if (values.empty())
    return 0;
  const double place = std::ceil(rank * static_cast<double>(values.size()));
  return values[static_cast<std::size_t>(std::max(1.0, place)) - 1].value;
}

DifferenceBounds bootstrap_differences(const BlockedSide &before, const BlockedSide &after,
                                       const std::vector<double> &ranks, std::uint64_t seed)
{
  const std::vector<BlockedValue> values_before = thinned(before.values);
  const std::vector<BlockedValue> values_after = thinned(after.values);
  std::vector<std::vector<double>> quantiles(ranks.size());
  std::vector<std::vector<double>> means(before.figures.size());
  Dice dice{ seed };
  for (std::size_t done = 0; done < repetitions; ++done) {
    const Draw draw_before = drawn(before.blocks, dice);
    const Draw draw_after = drawn(after.blocks, dice);
    const std::vector<double> first = quantiles_of(values_before, draw_before, ranks);
    const std::vector<double> second = quantiles_of(values_after, draw_after, ranks);
    for (std::size_t i = 0; i < ranks.size(); ++i)
      quantiles[i].push_back(second[i] - first[i]);
    for (std::size_t i = 0; i < means.size(); ++i)
      means[i].push_back(mean_of(after.figures[i], draw_after) -
                         mean_of(before.figures[i], draw_before));
  }
  return { .quantiles = middles_of(std::move(quantiles)), .means = middles_of(std::move(means)) };
}

} // namespace linger::domain
