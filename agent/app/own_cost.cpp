#include "app/own_cost.h"

#include <ctime>
#include <fstream>
#include <sys/resource.h>
#include <unistd.h>

namespace linger::app {
namespace {

domain::Nanos from_timeval(const timeval &time)
{
  return std::chrono::seconds{ time.tv_sec } + std::chrono::microseconds{ time.tv_usec };
}

domain::Nanos read_clock(clockid_t clock)
{
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds{ time.tv_sec } + domain::Nanos{ time.tv_nsec };
}

} // namespace

domain::Nanos own_cpu()
{
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return from_timeval(usage.ru_utime) + from_timeval(usage.ru_stime);
}

domain::Nanos thread_cpu()
{
  return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

std::uint64_t own_resident_bytes()
{
  std::ifstream statm{ "/proc/self/statm" };
  std::uint64_t size_pages = 0;
  std::uint64_t resident_pages = 0;
  if (!(statm >> size_pages >> resident_pages))
    return 0;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

domain::ClockAnchor read_clocks()
{
  return { .monotonic = domain::MonotonicTime{ read_clock(CLOCK_MONOTONIC) },
           .wall = domain::WallTime{ read_clock(CLOCK_REALTIME) } };
}

} // namespace linger::app
