// Interval of a difference between two series of blocks.

#pragma once

#include "domain/block_permutation.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace linger::domain {

struct Interval {
  double low = 0;
  double high = 0;
};

/// One request's figure and the block that it is in.
struct BlockedValue {
  std::uint32_t block = 0;
  double value = 0;
};

/// What is known of one side.
struct BlockedSide {
  std::size_t blocks = 0;
  /// By value. Only every n-th is looked at where there are more than max_values.
  std::vector<BlockedValue> values;
  /// By figure, then by block.
  std::vector<std::vector<BlockSum>> figures;

  static constexpr std::size_t max_values = 5000;
};

/// 95 % bounds of after's figure less before's.
struct DifferenceBounds {
  /// One for each rank asked for, of the quantiles of the values.
  std::vector<Interval> quantiles;
  /// One for each of `figures`, of the means.
  std::vector<Interval> means;
};

/// Draws as many blocks as there are, with replacement, from each side, again and again, and looks
/// how much the differences move (the bootstrap of Efron, with blocks that do not overlap as
/// Carlstein proposed in 1986, because requests of one moment share their luck). The same input
/// gives the same answer. Both sides need a block with values.
[[nodiscard]] DifferenceBounds bootstrap_differences(const BlockedSide &before,
                                                     const BlockedSide &after,
                                                     const std::vector<double> &ranks,
                                                     std::uint64_t seed);

/// The value at `rank` (0 to 1) of values in order; 0 when there are none.
[[nodiscard]] double quantile_of(const std::vector<BlockedValue> &values, double rank);

} // namespace linger::domain
