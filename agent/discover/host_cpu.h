// The CPU time of the whole host.

#pragma once

#include "base/result.h"
#include "domain/time.h"

#include <filesystem>
#include <optional>
#include <string_view>

namespace linger::discover {

/// Since the host started, of all CPUs together, in steps of 10 ms.
struct HostCpu {
  domain::Nanos all{};
  /// Wanted here and given to other guests by the hypervisor.
  domain::Nanos steal{};
  /// Neither idle nor waiting for disks; what was stolen is in it.
  domain::Nanos busy{};
};

/// The text of /proc/stat; nullopt when its first line is not that of all CPUs.
[[nodiscard]] std::optional<HostCpu> host_cpu_in(std::string_view stat);

[[nodiscard]] Result<HostCpu> read_host_cpu(const std::filesystem::path &proc);

} // namespace linger::discover
