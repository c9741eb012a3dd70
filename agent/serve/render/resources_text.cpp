#include "serve/render/resources_text.h"

#include "serve/render/figures.h"

#include <fmt/format.h>
#include <set>
#include <string>
#include <vector>

namespace linger::serve {
namespace {

/// "CPU time limited to 0.20 CPUs (control group /web): stopped in 45 of 50 periods of 100 ms, for
/// 3.21 s in all". Workers of one group have one such line together.
std::vector<std::string> cpu_limits_of(const v1::Server &server)
{
  std::vector<std::string> lines;
  std::set<std::string> told;
  for (const v1::Worker &worker : server.workers()) {
    const v1::CpuLimit &limit = worker.cpu_limit();
    if (!worker.has_cpu_limit() || limit.period_ns() == 0 || !told.insert(limit.group()).second)
      continue;
    lines.push_back(
        fmt::format("CPU time limited to {:.2f} CPUs (control group {}): stopped in {} of {} of "
                    "{}, for {} in all",
                    static_cast<double>(limit.quota_ns()) / static_cast<double>(limit.period_ns()),
                    limit.group(), count_text(limit.throttled_periods()),
                    counted_text(limit.periods(), "period"), duration_text(limit.period_ns()),
                    duration_text(limit.throttled_ns())));
  }
  return lines;
}

/// "memory limited to 512 MB (control group /web): 498 MB of them in use". As cpu_limits_of().
std::vector<std::string> memory_limits_of(const v1::Server &server)
{
  std::vector<std::string> lines;
  std::set<std::string> told;
  for (const v1::Worker &worker : server.workers()) {
    const v1::MemoryLimit &limit = worker.memory().limit();
    if (!worker.memory().has_limit() || !told.insert(limit.group()).second)
      continue;
    lines.push_back(fmt::format("memory limited to {} (control group {}): {} in use",
                                bytes_text(static_cast<double>(limit.limit_bytes())), limit.group(),
                                bytes_text(static_cast<double>(limit.used_bytes()))));
  }
  return lines;
}

/// Of workers that were forked and still share much: how little they need together. Empty
/// otherwise, and before each was looked at.
std::string shared_memory_text(const v1::Server &server)
{
  double resident_bytes = 0;
  double proportional_bytes = 0;
  for (const v1::Worker &worker : server.workers()) {
    if (worker.state() == v1::WORKER_STATE_EXITED)
      continue;
    if (worker.memory().proportional_bytes() == 0)
      return "";
    resident_bytes += static_cast<double>(worker.memory().resident_bytes());
    proportional_bytes += static_cast<double>(worker.memory().proportional_bytes());
  }
  constexpr double much = 1.25;
  if (resident_bytes < much * proportional_bytes)
    return "";
  return fmt::format("memory of its workers: {} resident, {} with each shared page divided among "
                     "those that have it",
                     bytes_text(resident_bytes), bytes_text(proportional_bytes));
}

} // namespace

std::vector<std::string> resource_lines(const v1::Server &server)
{
  std::vector<std::string> lines = cpu_limits_of(server);
  for (std::string &limit : memory_limits_of(server))
    lines.push_back(std::move(limit));
  if (std::string shared = shared_memory_text(server); !shared.empty())
    lines.push_back(std::move(shared));
  return lines;
}

} // namespace linger::serve
