#include "discover/host_cpu.h"

#include "discover/proc_files.h"

#include <chrono>

namespace linger::discover {
namespace {

/// What /proc counts in on every architecture, whatever the kernel's own HZ is.
using Ticks = std::chrono::duration<std::uint64_t, std::centi>;
constexpr std::uint64_t most_ticks = 1ULL << 38U; // 87 years: sums stay in 64 bits

} // namespace

std::optional<HostCpu> host_cpu_in(std::string_view stat)
{
  // user, nice, system, idle, iowait, irq, softirq, steal; guest time is in user time.
  constexpr std::size_t idle = 4, iowait = 5, steal = 8, fields = 8;
  const auto words = words_of(stat.substr(0, stat.find('\n')));
  if (words.size() <= fields || words[0] != "cpu")
    return std::nullopt;
  HostCpu cpu;
  for (std::size_t i = 1; i <= fields; ++i) {
    const auto ticks = number_in<std::uint64_t>(words[i]);
    if (!ticks || *ticks > most_ticks)
      return std::nullopt;
    const domain::Nanos time{ Ticks{ *ticks } };
    cpu.all = domain::saturating_sum(cpu.all, time);
    if (i == steal)
      cpu.steal = time;
    if (i != idle && i != iowait)
      cpu.busy = domain::saturating_sum(cpu.busy, time);
  }
  return cpu;
}

Result<HostCpu> read_host_cpu(const std::filesystem::path &proc)
{
  const auto text = read_text(proc / "stat", 4096); // the first line is all that counts
  if (!text)
    return tl::unexpected(text.error());
  const auto cpu = host_cpu_in(*text);
  if (!cpu)
    return failure(Error::Kind::malformed,
                   (proc / "stat").string() + " does not begin with the time of all CPUs");
  return *cpu;
}

} // namespace linger::discover
