// The growth tier of memory: bytes that an endpoint's requests leave behind in their worker,
// without a trap and without a look into the process.

#pragma once

#include "domain/growth_blocks.h"
#include "domain/least_squares.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace linger::domain {

/// Bytes kept per request. `low` and `high` hold for all endpoints together with 95 %, because all
/// of them are asked and the one that keeps nothing must not be blamed. Whether it still went on in
/// the later half of the time is then asked of each by itself, again with 95 %.
struct GrowthEstimate {
  double per_request = 0;
  double low = 0;
  double high = 0;
  double late_low = 0;
  double late_high = 0;
};

/// Fits the changes of one server's workers between idle moments to the mix of requests in between.
///
/// The kernel's counter is late: what a block's last requests left behind shows in the next one,
/// and a part of it is blamed on whatever was requested then. That part shrinks as blocks grow,
/// while the chance error depends on the number of requests alone. So blocks of several sizes are
/// fitted side by side, each `fan_in` times the one before, and the largest of which there are
/// enough is believed.
///
/// What decides must not be one moment: see solve_jackknifed().
///
/// The most requested `max_endpoints` endpoints have a column each, the others share one. Time is
/// kept in at most `max_slices` slices; when it outgrows them, slices merge in pairs. So memory
/// does not depend on the number of requests. Not thread-safe.
class Growth {
public:
  static constexpr std::size_t max_endpoints = 48;
  static constexpr std::size_t max_slices = 16;
  static constexpr std::size_t sizes = 4;
  static constexpr std::uint32_t fan_in = 4;
  /// An endpoint that appears in fewer blocks is not estimated.
  static constexpr std::uint64_t min_blocks = 5;

  void add(std::uint32_t worker, const GrowthPoint &point);

  /// The worker is gone, and another may get its number.
  void forget(std::uint32_t worker);

  /// By endpoint; those that cannot be estimated are missing.
  [[nodiscard]] std::map<std::uint32_t, GrowthEstimate> estimates() const;

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
  struct Worker {
    GrowthBlocks blocks;
    std::array<Joined, sizes> joined; // joined[i] becomes a block of size i; [0] is not used
  };
  using Slice = std::array<LeastSquares, sizes>;

  void fit(const GrowthBlock &block, std::size_t size);
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
};

} // namespace linger::domain
