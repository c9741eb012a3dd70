// Whether a ratio of sums is larger in one series of blocks than in another.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace linger::domain {

/// What was summed over the requests of one stretch of time, and how many there were.
struct BlockSum {
  double sum = 0;
  double count = 0;
};

/// The sum over all blocks divided by their count; 0 where nothing was counted.
[[nodiscard]] double mean_of(const std::vector<BlockSum> &blocks);

/// How likely a difference of the two means as large as that seen, in favour of `after`, would be
/// if it were chance alone which block came before and which after: 1 for no reason at all to doubt
/// that, at least 1 / (`permutations` + 1).
///
/// Blocks are permuted, not requests, because requests of one moment share their luck. The
/// difference is divided by its standard error in each permutation (Chung and Romano, "Exact and
/// asymptotically robust permutation tests", 2013), so that the test also holds where the two only
/// vary differently. It ends early once chance has been as good a hundred times (Besag and
/// Clifford, "Sequential Monte Carlo p-values", 1991). Blocks that counted nothing are left out;
/// with fewer than two on a side the answer is 1. The same input gives the same answer.
[[nodiscard]] double permutation_p(const std::vector<BlockSum> &before,
                                   const std::vector<BlockSum> &after, std::size_t permutations,
                                   std::uint64_t seed);

/// The correlation of the blocks' means with those of the blocks that follow; 0 for fewer than
/// three.
[[nodiscard]] double lag_one_correlation(const std::vector<BlockSum> &blocks);

/// p-values so that taking all below a level for true is wrong about any of them with no more than
/// that probability (Holm, "A simple sequentially rejective multiple test procedure", 1979). In the
/// order given.
[[nodiscard]] std::vector<double> holm_adjusted(const std::vector<double> &p_values);

} // namespace linger::domain
