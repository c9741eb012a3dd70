// The growth tier of memory: bytes that an endpoint's requests leave behind in their worker,
// without a trap and without a look into the process.

#pragma once

#include "domain/growth_blocks.h"
#include "domain/growth_fit.h"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

namespace linger::domain {

/// The requests of one server, by the anonymous memory that each found. The kernel's counter is
/// late: what a block's last requests left behind shows in the next one, and a part of it is blamed
/// on whatever was requested then. Not thread-safe.
class Growth {
public:
  void add(std::uint32_t worker, const GrowthPoint &point)
  {
    if (std::optional<GrowthBlock> block = blocks_[worker].add(point))
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
  std::map<std::uint32_t, GrowthBlocks> blocks_;
  GrowthFit fit_;
};

} // namespace linger::domain
