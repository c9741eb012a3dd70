// Which endpoint is to blame for what a server's workers gained between idle moments.

#pragma once

#include "domain/growth_blocks.h"
#include "domain/growth_estimate.h"
#include "domain/least_squares.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace linger::domain {

/// Fits the changes of one server's workers, block by block, to the mix of requests in each.
///
/// A change is measured with an error at the block's ends: a counter that is late, requests that
/// were under way. That error does not grow with the block, so its part shrinks as blocks do grow,
/// while the chance error depends on the number of requests alone. So blocks of several sizes are
/// fitted side by side, each `fan_in` times the one before, and the largest of which there are
/// enough is believed. Smaller ones are not kept any longer then.
///
/// What decides must not be one moment: see solve_jackknifed().
///
/// The most requested `max_endpoints` endpoints have a column each, the others share one. Time is
/// kept in at most `max_slices` slices; when it outgrows them, slices merge in pairs. So memory
/// does not depend on the number of requests. Not thread-safe.
class GrowthFit {
public:
  static constexpr std::size_t max_endpoints = 48;
  static constexpr std::size_t max_slices = 16;
  static constexpr std::size_t sizes = 4;
  static constexpr std::uint32_t fan_in = 4;
  /// An endpoint that appears in fewer blocks is not estimated.
  static constexpr std::uint64_t min_blocks = 5;

  /// Consecutive blocks of a worker begin where the one before ended.
  void add(std::uint32_t worker, GrowthBlock block);

  /// The worker is gone, and another may get its number.
  void forget(std::uint32_t worker) { workers_.erase(worker); }

  /// By endpoint; those that cannot be estimated are missing.
  [[nodiscard]] std::map<std::uint32_t, GrowthEstimate> estimates() const;

  /// What its sums have on the heap.
  [[nodiscard]] std::size_t held_bytes() const;

private:
  static constexpr std::size_t shared_column = max_endpoints;

  struct Column {
    std::uint32_t endpoint = 0;
    std::array<std::uint64_t, sizes> blocks{};
  };
  /// Some blocks of one size on their way to the next.
  struct Joined {
    GrowthBlock block;
    std::uint32_t parts = 0;
  };
  using Worker = std::array<Joined, sizes>; // [i] becomes a block of size i; [0] is not used
  using Slice = std::array<LeastSquares, sizes>;

  void fit(const GrowthBlock &block, std::size_t size);
  void drop_smaller_than(std::size_t size);
  void give_column(std::uint32_t endpoint);
  [[nodiscard]] Slice &slice_at(MonotonicTime time);
  [[nodiscard]] std::vector<LeastSquares> blocks_since(std::size_t first_slice,
                                                       std::size_t size) const;

  std::map<std::uint32_t, Worker> workers_;
  std::map<std::uint32_t, std::uint64_t> requests_; // by endpoint
  std::vector<Column> columns_;
  std::map<std::uint32_t, std::size_t> column_of_;
  MonotonicTime origin_;
  Nanos slice_length_ = std::chrono::milliseconds{ 50 };
  std::vector<Slice> slices_;
  std::array<std::uint64_t, sizes> rows_{}; // by size
  std::size_t smallest_ = 0;                // size that is kept
};

} // namespace linger::domain
