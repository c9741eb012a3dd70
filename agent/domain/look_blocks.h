// Cuts the requests of one worker into blocks between looks at what it holds.

#pragma once

#include "domain/growth_blocks.h"
#include "domain/time.h"

#include <cstdint>
#include <deque>
#include <map>
#include <optional>

namespace linger::domain {

/// A block runs from one look to a later one, and has the requests that ended in between: at least
/// one. What a request under way holds just then would be in it, so a look during a request is
/// passed over, but no more than `max_busy_looks` in a row: a worker that is never idle is looked
/// at all the same, and what one block has too much the next one has too little.
///
/// A request is told of when it has ended, so a look is judged when the longest request so far
/// would have ended, `max_patience` later at most. A worker's first `warm_up_requests` requests are
/// in no block. Not thread-safe.
class LookBlocks {
public:
  static constexpr std::uint32_t warm_up_requests = 20;
  static constexpr Nanos max_patience = std::chrono::seconds{ 2 };

  explicit LookBlocks(std::uint32_t max_busy_looks) : max_busy_looks_(max_busy_looks) {}

  /// `busy`: while the worker was busy with it.
  void add_request(const TimeWindow &busy, std::uint32_t endpoint);

  /// Returns the block that an earlier look ends, if one does.
  [[nodiscard]] std::optional<GrowthBlock> add_look(const TimeWindow &window, std::uint64_t bytes);

private:
  static constexpr std::size_t max_pending = 128;
  using Requests = std::map<std::uint32_t, std::uint32_t>; // by endpoint

  struct Look {
    TimeWindow window;
    std::uint64_t bytes = 0;
    bool busy = false;
    Requests after; // that ended before the next look
  };

  [[nodiscard]] bool is_ripe(MonotonicTime now) const;
  /// Ends a block with the earliest pending look, or begins the first one there, or passes over it.
  [[nodiscard]] std::optional<GrowthBlock> judge();

  std::uint32_t max_busy_looks_;
  std::uint32_t warm_up_ = 0;
  Nanos longest_{};
  std::uint32_t busy_looks_ = 0; // passed over in a row
  std::optional<Look> begin_;
  Requests before_;          // since begin_, until the earliest pending look
  std::deque<Look> pending_; // the earliest first
};

} // namespace linger::domain
