// Cuts the requests of one worker into blocks between moments at which none was running.

#pragma once

#include "domain/time.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace linger::domain {

/// A request as the growth of its worker sees it.
struct GrowthPoint {
  /// While the worker was busy with it: without the time before a thread took it.
  TimeWindow busy;
  std::uint32_t endpoint = 0;
  /// The worker's anonymous resident set at the begin of `busy`.
  std::uint64_t anonymous_begin_bytes = 0;
};

/// What some requests together added to their worker.
struct GrowthBlock {
  TimeWindow window;
  /// Requests by endpoint.
  std::map<std::uint32_t, std::uint32_t> requests;
  std::int64_t change_bytes = 0;
};

/// A block runs from the begin of a request that found the worker idle to the begin of a later one
/// that did, so what a request freed again is not in it, and the changes of consecutive blocks add
/// up to the worker's whole change. It has at least `min_requests` requests or spans `min_span`,
/// because the kernel's counter is late by up to 32 pages a CPU: an error a block, not a request. A
/// worker's first `warm_up_requests` requests are in none.
///
/// Requests come in the order in which they end; a few are held back to sort them by their begin. A
/// worker that is never idle is cut after `max_busy_requests`, at a small error. Not thread-safe.
class GrowthBlocks {
public:
  static constexpr std::uint32_t min_requests = 8;
  static constexpr Nanos min_span = std::chrono::milliseconds{ 250 };
  static constexpr std::uint32_t warm_up_requests = 20;
  static constexpr std::uint32_t max_busy_requests = 128;

  /// Returns the block that this request closed, if it closed one.
  [[nodiscard]] std::optional<GrowthBlock> add(const GrowthPoint &point);

private:
  static constexpr std::size_t max_held = 16;

  [[nodiscard]] std::optional<GrowthBlock> advance(const GrowthPoint &point);
  void open(const GrowthPoint &point);

  std::vector<GrowthPoint> held_; // by begin
  std::uint32_t warm_up_ = 0;
  std::optional<GrowthBlock> block_;
  std::uint64_t begin_bytes_ = 0;
  std::uint32_t block_requests_ = 0;
  std::uint32_t since_idle_ = 0;
  MonotonicTime busy_until_;
};

} // namespace linger::domain
