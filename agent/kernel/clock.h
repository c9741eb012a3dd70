// The clocks, for the layers that may know them.

#pragma once

#include <chrono>
#include <ctime>

namespace linger::kernel {

/// CLOCK_MONOTONIC, the clock of bpf_ktime_get_ns().
[[nodiscard]] inline std::chrono::nanoseconds monotonic_now()
{
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds{ time.tv_sec } + std::chrono::nanoseconds{ time.tv_nsec };
}

} // namespace linger::kernel
