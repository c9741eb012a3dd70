// The kernel's file system of static tracepoints.

#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

#include <cstdint>
#include <string>

namespace linger::kernel {

/// Opens the directory of tracefs: /sys/kernel/tracing or /sys/kernel/debug/tracing where one of
/// them is mounted, and else a mount of our own that is attached nowhere (fsopen(2), v5.2; needs
/// CAP_SYS_ADMIN) and goes with the descriptor.
[[nodiscard]] Result<UniqueFd> open_tracefs();

/// The number by which perf_event_open(2) knows a tracepoint. not_supported when there is none.
[[nodiscard]] Result<std::uint64_t> tracepoint_id(const std::string &category,
                                                  const std::string &name);

} // namespace linger::kernel
