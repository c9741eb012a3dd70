#include "diagnose/latency_comparison.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace linger::diagnose {
namespace {

using domain::BlockSum;
using domain::RequestSeries;

// Any numbers do, so long as they stay the same.
constexpr std::uint64_t rank_seed = 11;
constexpr std::uint64_t tail_seed = 12;
constexpr std::uint64_t error_seed = 13;

constexpr double tail_rank = 0.95;

/// By slice of each side: how high its requests rank among all, and how many are in the tail.
struct Ranked {
  std::vector<BlockSum> low_ranks;
  std::vector<BlockSum> high_ranks;
  std::vector<BlockSum> low_tail;
  std::vector<BlockSum> high_tail;
  /// Of all pairs: where that of `high` is larger.
  double share = 0.5;
};

struct Valued {
  double value = 0;
  std::uint32_t slice = 0;
  bool high = false;
};

double slowed(domain::Nanos wall, const domain::Tolerance &tolerance)
{
  const auto time = static_cast<double>(wall.count());
  return time + std::max(time * tolerance.ratio, static_cast<double>(tolerance.time.count()));
}

std::vector<Valued> valued(const RequestSeries &low, const RequestSeries &high,
                           const domain::Tolerance &tolerance)
{
  std::vector<Valued> all;
  all.reserve(low.samples.size() + high.samples.size());
  for (const RequestSeries::Sample &sample : low.samples)
    all.push_back({ slowed(sample.wall, tolerance), sample.slice, false });
  for (const RequestSeries::Sample &sample : high.samples)
    all.push_back({ static_cast<double>(sample.wall.count()), sample.slice, true });
  std::ranges::sort(all, {}, &Valued::value);
  return all;
}

/// Ranks run from 0 to 1; equal values share the mean of theirs.
Ranked ranked(const RequestSeries &low, const RequestSeries &high,
              const domain::Tolerance &tolerance)
{
  const std::vector<Valued> all = valued(low, high, tolerance);
  const auto size = static_cast<double>(all.size());
  const double tail =
      all[static_cast<std::size_t>(tail_rank * static_cast<double>(all.size() - 1))].value;

  Ranked result;
  result.low_ranks.resize(low.slices.size());
  result.low_tail.resize(low.slices.size());
  result.high_ranks.resize(high.slices.size());
  result.high_tail.resize(high.slices.size());
  double high_ranks = 0;
  for (std::size_t first = 0; first < all.size();) {
    std::size_t next = first;
    while (next < all.size() && all[next].value == all[first].value)
      ++next;
    const double rank = static_cast<double>(first + next) / 2;
    for (; first < next; ++first) {
      const Valued &one = all[first];
      BlockSum &ranks = (one.high ? result.high_ranks : result.low_ranks)[one.slice];
      BlockSum &in_tail = (one.high ? result.high_tail : result.low_tail)[one.slice];
      ranks.sum += rank / size;
      ranks.count += 1;
      in_tail.sum += one.value > tail ? 1 : 0;
      in_tail.count += 1;
      high_ranks += one.high ? rank : 0;
    }
  }
  const auto low_size = static_cast<double>(low.samples.size());
  const auto high_size = static_cast<double>(high.samples.size());
  result.share = (high_ranks / high_size - high_size / 2) / low_size;
  return result;
}

std::vector<BlockSum> error_sums(const RequestSeries &series)
{
  std::vector<BlockSum> sums;
  for (const RequestSeries::Slice &slice : series.slices)
    sums.push_back(
        { .sum = static_cast<double>(slice.errors), .count = static_cast<double>(slice.requests) });
  return sums;
}

/// Cuts longer blocks while neighbours resemble each other and enough blocks are left: the method
/// of batch means.
Blocks settled(Blocks blocks, const std::vector<BlockSum> &before,
               const std::vector<BlockSum> &after)
{
  constexpr double one_in_twenty = 1.645;
  while (true) {
    const auto first = static_cast<double>(blocks.before);
    const auto second = static_cast<double>(blocks.after);
    const double correlation =
        (first * lag_one_correlation(in_blocks(before, blocks.slices_each, blocks.before)) +
         second * lag_one_correlation(in_blocks(after, blocks.slices_each, blocks.after))) /
        (first + second);
    blocks.correlated = correlation > one_in_twenty / std::sqrt(first + second);
    const auto left = [](const std::vector<BlockSum> &slices, std::size_t each, std::size_t count) {
      return std::ranges::count_if(in_blocks(slices, each, count),
                                   [](const BlockSum &block) { return block.count > 0; });
    };
    const std::size_t longer = blocks.slices_each * 2;
    const std::ptrdiff_t fewest = Blocks::fewest;
    if (!blocks.correlated || std::min(blocks.before, blocks.after) / 2 < Blocks::fewest ||
        std::min(left(before, longer, blocks.before / 2), left(after, longer, blocks.after / 2)) <
            fewest)
      return blocks;
    blocks.slices_each = longer;
    blocks.before /= 2;
    blocks.after /= 2;
  }
}

} // namespace

std::vector<BlockSum> in_blocks(const std::vector<BlockSum> &slices, std::size_t slices_each,
                                std::size_t blocks)
{
  std::vector<BlockSum> sums(blocks);
  for (std::size_t i = 0; i < slices.size() && blocks > 0; ++i) {
    BlockSum &block = sums[std::min(i / slices_each, blocks - 1)];
    block.sum += slices[i].sum;
    block.count += slices[i].count;
  }
  return sums;
}

std::size_t filled_blocks(const RequestSeries &series, std::size_t slices_each, std::size_t blocks)
{
  return static_cast<std::size_t>(
      std::ranges::count_if(in_blocks(error_sums(series), slices_each, blocks),
                            [](const BlockSum &block) { return block.count > 0; }));
}

Blocks first_cut(std::size_t slices_before, std::size_t slices_after)
{
  const std::size_t shorter = std::min(slices_before, slices_after);
  const std::size_t each = std::max<std::size_t>(1, (shorter + Blocks::most - 1) / Blocks::most);
  return { .slices_each = each, .before = slices_before / each, .after = slices_after / each };
}

LatencyTests test_latency(const SeriesInWindow &before, const SeriesInWindow &after,
                          const domain::Tolerance &tolerance, std::size_t permutations)
{
  const Ranked slower = ranked(*before.series, *after.series, tolerance);
  const Ranked faster = ranked(*after.series, *before.series, tolerance);
  LatencyTests tests;
  tests.slower_share = ranked(*before.series, *after.series, { .ratio = 0, .time = {} }).share;
  tests.blocks =
      settled(first_cut(before.slices, after.slices), slower.low_ranks, slower.high_ranks);

  const Blocks &cut = tests.blocks;
  const auto p_of = [&](const std::vector<BlockSum> &low, std::size_t low_blocks,
                        const std::vector<BlockSum> &high, std::size_t high_blocks,
                        std::uint64_t seed) {
    return domain::permutation_p(in_blocks(low, cut.slices_each, low_blocks),
                                 in_blocks(high, cut.slices_each, high_blocks), permutations, seed);
  };
  tests.slower_p = p_of(slower.low_ranks, cut.before, slower.high_ranks, cut.after, rank_seed);
  tests.faster_p = p_of(faster.low_ranks, cut.after, faster.high_ranks, cut.before, rank_seed);
  tests.more_errors_p = p_of(error_sums(*before.series), cut.before, error_sums(*after.series),
                             cut.after, error_seed);
  if (std::min(before.series->requests(), after.series->requests()) >= least_requests_for_tail) {
    tests.slower_tail_p = p_of(slower.low_tail, cut.before, slower.high_tail, cut.after, tail_seed);
    tests.faster_tail_p = p_of(faster.low_tail, cut.after, faster.high_tail, cut.before, tail_seed);
  }
  return tests;
}

} // namespace linger::diagnose
