// Limits of memory that control groups set, version 1 and 2.

#pragma once

#include "base/result.h"
#include "discover/cgroup.h"
#include "domain/memory_limit.h"
#include "domain/time.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace linger::discover {

/// The text of version 2's memory.max or version 1's memory.limit_in_bytes; nullopt where there is
/// no limit: "max", and the largest numbers, which version 1 has instead.
[[nodiscard]] std::optional<std::uint64_t> limit_in_memory_max(std::string_view text);

/// The files' pages that were not used lately, of the text of memory.stat: those below the group
/// count too. 0 where the text does not say.
[[nodiscard]] std::uint64_t inactive_file_bytes_in(std::string_view stat);

/// Reads limits. Remembers where the hierarchies are mounted, and of a group what it last read for
/// `max_age`: many workers share one. Not thread-safe.
class MemoryLimits {
public:
  static constexpr domain::Nanos max_age = std::chrono::milliseconds{ 500 };

  explicit MemoryLimits(std::filesystem::path proc) : proc_(std::move(proc)) {}

  /// nullopt for a process without a limit, one that is gone, and one whose group cannot be seen.
  [[nodiscard]] std::optional<domain::MemoryLimit> of(std::uint32_t tgid,
                                                      domain::MonotonicTime now);

private:
  /// The tightest of a group and those above it.
  [[nodiscard]] static std::optional<domain::MemoryLimit>
  read(const CgroupMount &mount, const std::string &group, bool unified);

  std::filesystem::path proc_;
  std::optional<CgroupMounts> mounts_;
  std::map<std::string, std::optional<domain::MemoryLimit>> known_; // by group
  domain::MonotonicTime known_since_;
};

} // namespace linger::discover
