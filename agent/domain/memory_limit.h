// How much memory a worker's control group may have.

#pragma once

#include <cstdint>
#include <string>

namespace linger::domain {

/// Of the limits that bind a worker, its own group's and those above, the one with the least room
/// left. Other processes may be in the group.
struct MemoryLimit {
  /// "/kubepods/pod1/web".
  std::string group;
  std::uint64_t limit_bytes = 0;
  /// Of the whole group, less the files' pages that the kernel would give up first: what Kubernetes
  /// calls the working set.
  std::uint64_t used_bytes = 0;

  bool operator==(const MemoryLimit &) const = default;
};

} // namespace linger::domain
