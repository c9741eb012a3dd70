// The files of a control group about its CPU time, and /proc/stat: what is read can be calculated
// with.

#include "discover/cpu_limit.h"
#include "discover/host_cpu.h"
#include "discover/host_memory.h"
#include "fuzz/property.h"

#include <algorithm>
#include <string>

using namespace linger;
using namespace linger::discover;
using namespace linger::fuzz;

namespace {

void check(const std::optional<CpuQuota> &quota)
{
  if (!quota)
    return;
  must(quota->quota >= domain::Nanos::zero(), "no quota is negative");
  must(quota->period > domain::Nanos::zero(), "a period takes time");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  check(quota_in_cpu_max(text));
  check(quota_in_cfs(text, "100000\n"));
  check(quota_in_cfs("20000\n", text));
  if (const auto counts = throttling_in(text))
    must(counts->throttled >= domain::Nanos::zero(), "no time is negative");
  if (const auto cpu = host_cpu_in(text)) {
    must(cpu->steal >= domain::Nanos::zero(), "no time is negative");
    must(cpu->steal <= cpu->all, "what is stolen is a part of all");
  }
  if (const auto available = available_bytes_in(text))
    must(*available % 1024 == 0, "memory is counted in KiB");
  std::string unknown = "x " + std::string(text);
  std::ranges::replace(unknown, '\n', ' '); // it might begin a line that is known, and wrong
  const auto counts = throttling_in("nr_periods 2\nnr_throttled 1\nthrottled_usec 5\n" + unknown);
  must(counts.has_value(), "lines that are not known do not hide those that are");
  return 0;
}
