// What the agent itself uses.

#pragma once

#include "domain/time.h"

#include <cstdint>

namespace linger::app {

/// User and system time of all threads of this process since it started.
[[nodiscard]] domain::Nanos own_cpu();

/// The same of the calling thread alone.
[[nodiscard]] domain::Nanos thread_cpu();

/// The resident set of this process; 0 when /proc does not say.
[[nodiscard]] std::uint64_t own_resident_bytes();

/// Both clocks, read one right after the other.
[[nodiscard]] domain::ClockAnchor read_clocks();

} // namespace linger::app
