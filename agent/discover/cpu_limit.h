// Limits of CPU time that control groups set (CFS bandwidth), version 1 and 2.

#pragma once

#include "base/result.h"
#include "discover/cgroup.h"
#include "domain/cpu_limit.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

namespace linger::discover {

struct CpuQuota {
  domain::Nanos quota{};
  domain::Nanos period{};
};

/// The text of version 2's cpu.max, "20000 100000"; nullopt for "max 100000" and what is no such
/// text.
[[nodiscard]] std::optional<CpuQuota> quota_in_cpu_max(std::string_view text);

/// The texts of version 1's cpu.cfs_quota_us and cpu.cfs_period_us; nullopt for a quota of -1.
[[nodiscard]] std::optional<CpuQuota> quota_in_cfs(std::string_view quota_us,
                                                   std::string_view period_us);

struct Throttling {
  std::uint64_t periods = 0;
  std::uint64_t throttled_periods = 0;
  domain::Nanos throttled{};
};

/// The text of cpu.stat, of either version.
[[nodiscard]] std::optional<Throttling> throttling_in(std::string_view stat);

/// Reads limits. Remembers where the hierarchies are mounted. Not thread-safe.
class CpuLimits {
public:
  explicit CpuLimits(std::filesystem::path proc) : proc_(std::move(proc)) {}

  /// The limit that binds each of these processes the most: its group's, or that of a group above.
  /// Processes without a limit, or that are gone, are left out. Fails when groups cannot be seen.
  /// The samples' times are for the caller to fill in.
  [[nodiscard]] Result<std::vector<domain::CpuLimitSample>>
  read(const std::vector<std::uint32_t> &tgids);

private:
  std::filesystem::path proc_;
  std::optional<CgroupMounts> mounts_;
};

} // namespace linger::discover
