#include "diagnose/memory_suspects.h"

#include "diagnose/human.h"

#include <algorithm>
#include <fmt/format.h>
#include <optional>

namespace linger::diagnose {
namespace {

using domain::EndpointReport;
using domain::WorkerReport;

bool is_named(const EndpointReport &endpoint, const domain::Report &report)
{
  const std::string name = domain::endpoint_name(endpoint);
  return std::ranges::any_of(report.findings, [&](const domain::Finding &finding) {
    return finding.rule == "memory-retained" && finding.server == endpoint.server &&
           std::ranges::find(finding.endpoints, name) != finding.endpoints.end();
  });
}

/// What the growth tier is sure of, all memory or small objects alone; nothing where it is of
/// neither.
std::optional<domain::GrowthEstimate> sure_growth(const EndpointReport &endpoint,
                                                  const Thresholds &thresholds)
{
  const domain::EndpointMemory &memory = endpoint.memory;
  const double least = thresholds.retained_min_bytes_per_request;
  if (memory.tier == domain::MemoryTier::growth && memory.low >= least)
    return domain::GrowthEstimate{ .per_request = memory.retained_bytes_per_request,
                                   .low = memory.low,
                                   .high = memory.high };
  if (memory.tier != domain::MemoryTier::allocations && memory.small_objects &&
      memory.small_objects->low >= least)
    return memory.small_objects;
  return std::nullopt;
}

double bytes_of(const EndpointReport &endpoint, const domain::GrowthEstimate &growth)
{
  return growth.per_request * static_cast<double>(endpoint.requests);
}

/// Null when none lives.
const WorkerReport *grown_most(const domain::ServerReport &server)
{
  const WorkerReport *most = nullptr;
  for (const WorkerReport &worker : server.workers) {
    if (worker.state == domain::WorkerState::exited)
      continue;
    if (most == nullptr || worker.memory.growth_bytes > most->memory.growth_bytes)
      most = &worker;
  }
  return most;
}

std::int64_t held_bytes(const domain::HeapGrowth &growth)
{
  std::int64_t bytes = 0;
  for (const domain::GrownType &type : growth.types) {
    if (!type.holders.empty())
      bytes = domain::saturating_sum(bytes, std::max<std::int64_t>(0, type.bytes));
  }
  return bytes;
}

} // namespace

std::vector<MemorySuspect> memory_suspects(const domain::Report &report,
                                           const Thresholds &thresholds)
{
  std::vector<MemorySuspect> suspects;
  for (const domain::ServerReport &server : report.servers) {
    const EndpointReport *most = nullptr;
    domain::GrowthEstimate growth;
    for (const EndpointReport &endpoint : report.endpoints) {
      if (endpoint.server != server.server.master_tgid || !is_named(endpoint, report))
        continue;
      const auto sure = sure_growth(endpoint, thresholds);
      if (!sure || (most != nullptr && bytes_of(endpoint, *sure) <= bytes_of(*most, growth)))
        continue;
      most = &endpoint;
      growth = *sure;
    }
    const WorkerReport *worker = most == nullptr ? nullptr : grown_most(server);
    if (worker == nullptr)
      continue;
    const std::string name = domain::endpoint_name(*most);
    suspects.push_back(
        { .server = server.server.master_tgid,
          .tgid = worker->tgid,
          .endpoint = name,
          .reason = fmt::format("{} kept {} per request ({} to {}) and this worker grew most.",
                                name, human_bytes(growth.per_request), human_bytes(growth.low),
                                human_bytes(growth.high)) });
  }
  return suspects;
}

bool is_explained(const domain::HeapGrowth &growth, std::int64_t grown_bytes)
{
  const std::int64_t held = held_bytes(growth);
  return growth.gap.empty() && held > 0 && held >= grown_bytes / 2;
}

std::string outcome_of(const domain::HeapGrowth &growth, std::int64_t grown_bytes)
{
  if (!growth.gap.empty())
    return fmt::format("What grew could not be told: {}.", growth.gap);
  const std::string grew = human_bytes(static_cast<double>(grown_bytes));
  if (growth.types.empty())
    return fmt::format("No type of Python object grew in {}, while the worker grew by {}.",
                       human_time(growth.between), grew);
  const domain::GrownType *told = &growth.types.front();
  for (const domain::GrownType &type : growth.types) {
    if (!type.holders.empty()) {
      told = &type;
      break;
    }
  }
  return fmt::format("It grew by {} {} ({}) in {}, {}; the worker grew by {}.", told->objects,
                     told->type, human_bytes(static_cast<double>(told->bytes)),
                     human_time(growth.between),
                     told->holders.empty() ? "and who holds them was not found"
                                           : "held by " + told->holders.front().text,
                     grew);
}

} // namespace linger::diagnose
