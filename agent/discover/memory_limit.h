// Limits of memory that control groups set, version 1 and 2.

#pragma once

#include "base/result.h"
#include "discover/cgroup.h"
#include "domain/memory_limit.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace linger::discover {

/// The text of version 2's memory.max or version 1's memory.limit_in_bytes; nullopt where there is
/// no limit: "max", and the largest numbers, which version 1 has instead.
[[nodiscard]] std::optional<std::uint64_t> limit_in_memory_max(std::string_view text);

/// The files' pages that were not used lately, of the text of memory.stat: those below the group
/// count too. 0 where the text does not say.
[[nodiscard]] std::uint64_t inactive_file_bytes_in(std::string_view stat);

/// Reads limits. Remembers where the hierarchies are mounted. Not thread-safe.
class MemoryLimits {
public:
  explicit MemoryLimits(std::filesystem::path proc) : proc_(std::move(proc)) {}

  /// nullopt for a process without a limit, one that is gone, and one whose group cannot be seen.
  [[nodiscard]] std::optional<domain::MemoryLimit> of(std::uint32_t tgid);

private:
  std::filesystem::path proc_;
  std::optional<CgroupMounts> mounts_;
};

} // namespace linger::discover
