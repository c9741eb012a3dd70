// What an endpoint's requests leave behind, by looks at their workers from time to time.

#pragma once

#include "domain/growth_fit.h"
#include "domain/look_blocks.h"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace linger::domain {

/// The requests of one server, by what something in their worker (its anonymous memory, its small
/// objects) measured before and after. Not thread-safe.
class LookGrowth {
public:
  /// As for LookBlocks: the fewer, the sooner a busy worker is known, and the more what requests
  /// hold while they run disturbs.
  explicit LookGrowth(std::uint32_t max_busy_looks) : max_busy_looks_(max_busy_looks) {}

  /// `busy`: while the worker was busy with it.
  void add_request(std::uint32_t worker, const TimeWindow &busy, std::uint32_t endpoint)
  {
    blocks_of(worker).add_request(busy, endpoint);
  }

  void add_look(std::uint32_t worker, const TimeWindow &window, std::uint64_t bytes)
  {
    if (std::optional<GrowthBlock> block = blocks_of(worker).add_look(window, bytes))
      fit_.add(worker, std::move(*block));
  }

  /// The worker is gone, and another may get its number.
  void forget(std::uint32_t worker)
  {
    blocks_.erase(worker);
    fit_.forget(worker);
  }

  /// By endpoint; those that cannot be estimated are missing.
  [[nodiscard]] std::map<std::uint32_t, GrowthEstimate> estimates() const
  {
    return fit_.estimates();
  }

private:
  [[nodiscard]] LookBlocks &blocks_of(std::uint32_t worker)
  {
    return blocks_.try_emplace(worker, max_busy_looks_).first->second;
  }

  std::uint32_t max_busy_looks_;
  std::map<std::uint32_t, LookBlocks> blocks_;
  GrowthFit fit_;
};

} // namespace linger::domain
