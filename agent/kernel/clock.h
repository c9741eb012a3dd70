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

/// One tick of the kernel's clock: 1 to 10 ms.
[[nodiscard]] inline std::chrono::nanoseconds clock_tick()
{
  timespec tick{};
  ::clock_getres(CLOCK_MONOTONIC_COARSE, &tick);
  return std::chrono::seconds{ tick.tv_sec } + std::chrono::nanoseconds{ tick.tv_nsec };
}

} // namespace linger::kernel
