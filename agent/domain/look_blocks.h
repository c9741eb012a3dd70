// Cuts the requests of one worker into blocks between looks at what it holds.

#pragma once

#include "domain/growth_blocks.h"
#include "domain/time.h"

#include <cstdint>
#include <map>
#include <optional>

namespace linger::domain {

/// A block runs from one look to a later one, and has the requests that ended in between: at least
/// one. What a request under way holds just then would be in it, so a look during a request is
/// passed over, but no more than `max_busy_looks` in a row: a worker that is never idle is looked
/// at all the same, and what one block has too much the next one has too little.
///
/// Requests are told of somewhat after they ended, so a look closes its block only when the next
/// one is there. A worker's first `warm_up_requests` requests are in no block. Not thread-safe.
class LookBlocks {
public:
  static constexpr std::uint32_t warm_up_requests = 20;
  static constexpr std::uint32_t max_busy_looks = 1;

  /// `busy`: while the worker was busy with it.
  void add_request(const TimeWindow &busy, std::uint32_t endpoint);

  /// Returns the block that ends with the look before this one, if one does.
  [[nodiscard]] std::optional<GrowthBlock> add_look(const TimeWindow &window, std::uint64_t bytes);

private:
  struct Look {
    TimeWindow window;
    std::uint64_t bytes = 0;
    bool busy = false;
  };
  using Requests = std::map<std::uint32_t, std::uint32_t>; // by endpoint

  /// Ends a block with the latest look, or begins the first one there.
  [[nodiscard]] std::optional<GrowthBlock> close();

  std::uint32_t warm_up_ = 0;
  std::uint32_t busy_looks_ = 0; // passed over since begin_
  std::optional<Look> begin_;
  std::optional<Look> latest_;
  Requests before_; // since begin_, until latest_
  Requests after_;  // since latest_
};

} // namespace linger::domain
