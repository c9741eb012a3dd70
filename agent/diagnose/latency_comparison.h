// Whether an endpoint's requests take longer than they did.

#pragma once

#include "domain/block_permutation.h"
#include "domain/comparison.h"

#include <cstddef>
#include <vector>

namespace linger::diagnose {

/// The requests of one endpoint in one recording.
struct SeriesInWindow {
  const domain::RequestSeries *series = nullptr;
  /// Whole seconds of the window.
  std::size_t slices = 0;
};

/// How both windows are cut. A part of a block at the end belongs to the last whole one.
struct Blocks {
  static constexpr std::size_t fewest = 8;
  static constexpr std::size_t most = 32;

  std::size_t slices_each = 1;
  std::size_t before = 0;
  std::size_t after = 0;
  bool correlated = false;
};

/// Probabilities as domain::permutation_p() says, before they are adjusted.
struct LatencyTests {
  Blocks blocks;
  double slower_p = 1;
  double slower_tail_p = 1;
  double more_errors_p = 1;
  double faster_p = 1;
  double faster_tail_p = 1;
  double slower_share = 0.5;
};

/// Fewer requests on a side are not compared, and fewer for what only one in twenty shows.
inline constexpr std::uint64_t least_requests = 30;
inline constexpr std::uint64_t least_requests_for_tail = 100;

/// Asks whether the requests of `after` are slower than those of `before` would be if the tolerance
/// were added to each of these (and the other way around, whether they are faster). Typical ones by
/// the test of Mann and Whitney on all of them, tails by how many exceed what one in twenty of both
/// together exceeds; both permuted by blocks of time. Both windows have at least Blocks::fewest
/// seconds, and both series a request in that many blocks.
[[nodiscard]] LatencyTests test_latency(const SeriesInWindow &before, const SeriesInWindow &after,
                                        const domain::Tolerance &tolerance,
                                        std::size_t permutations);

/// Sums of slices as sums of blocks.
[[nodiscard]] std::vector<domain::BlockSum> in_blocks(const std::vector<domain::BlockSum> &slices,
                                                      std::size_t slices_each, std::size_t blocks);

/// In how many of these blocks the series has a request.
[[nodiscard]] std::size_t filled_blocks(const domain::RequestSeries &series,
                                        std::size_t slices_each, std::size_t blocks);

/// How the windows are cut at first.
[[nodiscard]] Blocks first_cut(std::size_t slices_before, std::size_t slices_after);

} // namespace linger::diagnose
