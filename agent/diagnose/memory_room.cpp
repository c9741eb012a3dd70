#include "diagnose/memory_room.h"

#include "diagnose/cite.h"
#include "diagnose/human.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace linger::diagnose {
namespace {

std::optional<domain::MemoryLimit> common_limit(const domain::ServerReport &server)
{
  std::optional<domain::MemoryLimit> common;
  for (const domain::WorkerReport &worker : server.workers) {
    if (!worker.exit_reason.empty())
      continue;
    const auto &limit = worker.memory.limit;
    if (!limit || (common && common->group != limit->group))
      return std::nullopt;
    if (!common || limit->used_bytes > common->used_bytes)
      common = limit; // they were not read at one moment
  }
  return common;
}

std::string human_hours(double hours)
{
  if (hours < 2)
    return fmt::format("{:.0f} minutes", hours * 60);
  if (hours < 48)
    return fmt::format("{:.1f} hours", hours);
  return fmt::format("{:.0f} days", hours / 24);
}

} // namespace

void tell_memory_room(domain::Finding &finding, const domain::ServerReport &server,
                      double bytes_per_hour, const Thresholds &thresholds)
{
  const auto limit = common_limit(server);
  if (!limit || bytes_per_hour <= 0)
    return;
  const auto limit_bytes = static_cast<double>(limit->limit_bytes);
  const auto used_bytes = static_cast<double>(limit->used_bytes);
  const double left_hours = std::max(0.0, limit_bytes - used_bytes) / bytes_per_hour;
  finding.detail += fmt::format(
      " Their control group {} may have {} and has {}: at the server's rate it is full in {}, and "
      "then the kernel kills a process in it.",
      limit->group, human_bytes(limit_bytes), human_bytes(used_bytes), human_hours(left_hours));
  cite_bytes(finding, "the control group's limit", limit_bytes);
  cite_bytes(finding, "in use in the control group", used_bytes);
  if (left_hours * 60 < thresholds.retained_critical_left_minutes)
    finding.severity = domain::Severity::critical;
}

} // namespace linger::diagnose
