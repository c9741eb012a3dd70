#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/memory_room.h"
#include "diagnose/rules.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <optional>

namespace linger::diagnose {
namespace {

using domain::EndpointReport;
using domain::Finding;
using domain::Severity;

/// Whether the kernel gave the server's memory a page a fault. It gave more at once where workers
/// have grown by more than their requests faulted in: huge pages, or threads beside the requests.
bool faults_tell(const ServerLoad &load)
{
  constexpr double slack = 1.25;
  double grown_bytes = 0;
  for (const domain::WorkerReport &worker : load.server->workers)
    grown_bytes += std::max(0.0, static_cast<double>(worker.memory.growth_bytes));
  double given_bytes = 0;
  for (const EndpointReport *endpoint : load.endpoints)
    given_bytes += static_cast<double>(endpoint->memory.allocated_bytes);
  return grown_bytes <= slack * given_bytes;
}

/// What an endpoint's requests keep, by whichever measurement is sure of it.
struct Kept {
  const EndpointReport *endpoint = nullptr;
  domain::GrowthEstimate per_request;
  /// Small objects are all that is sure of; there may be more.
  bool small_only = false;

  [[nodiscard]] double bytes() const
  {
    return per_request.per_request * static_cast<double>(endpoint->requests);
  }
};

bool is_much(const Kept &kept, const Thresholds &thresholds)
{
  const double per_request = kept.per_request.per_request;
  return domain::goes_on(kept.per_request) &&
         per_request >= thresholds.retained_min_bytes_per_request &&
         (kept.bytes() >= static_cast<double>(thresholds.retained_min_total_bytes) ||
          per_request >= thresholds.retained_large_bytes_per_request);
}

std::optional<Kept> kept_by(const EndpointReport &endpoint, bool faults_tell,
                            const Thresholds &thresholds)
{
  const domain::EndpointMemory &memory = endpoint.memory;
  if (memory.tier != domain::MemoryTier::none) {
    const Kept kept{ .endpoint = &endpoint,
                     .per_request = { .per_request = memory.retained_bytes_per_request,
                                      .low = memory.low,
                                      .high = memory.high,
                                      .late_low = memory.late_low,
                                      .late_high = memory.late_high } };
    // What its requests did not take they cannot have kept. Much of it may have been given to
    // others: it took blocks that these had freed, and then they needed new pages.
    constexpr double least_taken = 0.1;
    const bool taken = static_cast<double>(memory.allocated_bytes) >=
                       least_taken * memory.low * static_cast<double>(endpoint.requests);
    if (is_much(kept, thresholds) &&
        (taken || !faults_tell || memory.tier != domain::MemoryTier::growth))
      return kept;
  }
  if (memory.small_objects) {
    const Kept kept{ .endpoint = &endpoint,
                     .per_request = *memory.small_objects,
                     .small_only = true };
    if (is_much(kept, thresholds))
      return kept;
  }
  return std::nullopt;
}

/// Two leading digits: 8723 -> 8700.
std::uint64_t rounded_down(double value)
{
  if (value < 1)
    return 1;
  const double step = std::pow(10.0, std::max(0.0, std::floor(std::log10(value)) - 1));
  return static_cast<std::uint64_t>(std::floor(value / step) * step);
}

/// The server's options for it; empty where there is none.
std::string replaced_after(domain::ServerKind kind, std::uint64_t limit)
{
  switch (kind) {
    case domain::ServerKind::gunicorn:
      return fmt::format("--max-requests {} --max-requests-jitter {}", limit - limit / 10,
                         limit / 10);
    case domain::ServerKind::uwsgi:
      return fmt::format("--max-requests {}", limit);
    case domain::ServerKind::waitress:
    case domain::ServerKind::uvicorn:
    case domain::ServerKind::mod_wsgi:
      break;
  }
  return "";
}

std::string stopgap(const ServerLoad &load, double growth_bytes, const Thresholds &thresholds)
{
  const domain::Server &server = load.server->server;
  const double per_request = growth_bytes / static_cast<double>(load.requests);
  const std::uint64_t limit =
      rounded_down(thresholds.retained_max_worker_growth_bytes / per_request);
  const std::string ceiling = human_bytes(thresholds.retained_max_worker_growth_bytes);
  const std::string options = replaced_after(server.kind, limit);
  if (options.empty())
    return "";
  if (server.max_requests != 0 && server.max_requests <= limit)
    return fmt::format(" Until then, --max-requests {} as it is set now keeps the growth below {} "
                       "a worker.",
                       server.max_requests, ceiling);
  return fmt::format(" Until then, {} replaces each worker before it has grown by {} with the "
                     "present mix of requests.",
                     options, ceiling);
}

/// The worker whose heap grew most, of those that were looked into; null when nothing grew there.
const domain::WorkerReport *grown_worker(const ServerLoad &load)
{
  const domain::WorkerReport *most = nullptr;
  std::int64_t most_bytes = 0;
  for (const domain::WorkerReport &worker : load.server->workers) {
    if (!worker.heap_growth)
      continue;
    std::int64_t bytes = 0;
    for (const domain::GrownType &type : worker.heap_growth->types)
      bytes = domain::saturating_sum(bytes, type.bytes);
    if (bytes > most_bytes) {
      most = &worker;
      most_bytes = bytes;
    }
  }
  return most;
}

/// Of what grew, the type with the most bytes whose holder is known; null when there is none.
const domain::GrownType *held_type(const domain::WorkerReport &worker)
{
  for (const domain::GrownType &type : worker.heap_growth->types) {
    if (!type.holders.empty())
      return &type;
  }
  return nullptr;
}

bool was_looked_into(const domain::WorkerReport &worker)
{
  return worker.heap_growth.has_value();
}

/// What the endpoint keeps, and how that is known.
std::string account_of(const Kept &kept, domain::Nanos window)
{
  const std::string requests =
      fmt::format("{} requests in {}", kept.endpoint->requests, human_time(window));
  const std::string bytes = human_bytes(kept.bytes());
  if (kept.small_only)
    return fmt::format("{} left about {} behind in objects of up to 512 bytes, which Python's "
                       "allocator counts, and perhaps more in larger ones",
                       requests, bytes);
  if (kept.endpoint->memory.tier == domain::MemoryTier::allocations)
    return fmt::format("{} allocated about {} that was not freed once they had settled", requests,
                       bytes);
  return fmt::format("After {} the workers' anonymous memory had grown by about {} on account of "
                     "this endpoint",
                     requests, bytes);
}

void tell_sites(Finding &finding, const domain::EndpointMemory &memory)
{
  constexpr std::size_t told = 3;
  for (std::size_t i = 0; i < std::min(told, memory.sites.size()); ++i) {
    const domain::MemorySite &site = memory.sites[i];
    finding.detail +=
        fmt::format("{} {} at {}", i == 0 ? " Of what is not freed was allocated:" : ",",
                    human_bytes(static_cast<double>(site.retained_bytes)), site.what);
    cite_bytes(finding, "allocated and kept at " + site.what,
               static_cast<double>(site.retained_bytes));
  }
  if (!memory.sites.empty())
    finding.detail += ".";
}

/// Where to look: at what the heap showed, at what allocates, else in general.
std::string place_to_look(const std::string &name, const domain::GrownType *held,
                          const domain::EndpointMemory &memory, const ServerLoad &load)
{
  if (held != nullptr)
    return fmt::format("Look at {}: give what holds them a bound (collections.deque(maxlen=...), "
                       "functools.lru_cache(maxsize=...)), take out what is done with, or move it "
                       "to the cache.",
                       held->holders.front().text);
  if (!memory.sites.empty())
    return fmt::format("Look at {}: what it allocates outlives the request. See what it is handed "
                       "to, and free it, close it or give what holds it a bound.",
                       memory.sites.front().what);
  return fmt::format(
      "Look in what {} calls for something that outlives the request and only grows: a list or "
      "dict at module level, functools.lru_cache(maxsize=None) or functools.cache, a class "
      "attribute, a callback that is registered and never removed, a log handler or tracer that "
      "buffers. Give it a bound or move it to the cache.{}",
      name,
      std::ranges::any_of(load.server->workers, was_looked_into)
          ? ""
          : " `linger diagnose --memory census` looks into the heap and names what grows.");
}

void tell_heap(Finding &finding, const domain::WorkerReport &worker)
{
  const domain::HeapGrowth &growth = *worker.heap_growth;
  finding.workers.push_back(worker.tgid);
  finding.detail +=
      fmt::format(" In {} the heap of worker {} grew by", human_time(growth.between), worker.tgid);
  constexpr std::size_t told = 3;
  for (std::size_t i = 0; i < std::min(told, growth.types.size()); ++i) {
    const domain::GrownType &type = growth.types[i];
    finding.detail += fmt::format("{} {} {} ({})", i == 0 ? "" : ",", type.objects, type.type,
                                  human_bytes(static_cast<double>(type.bytes)));
    cite_count(finding, fmt::format("more {} in worker {}", type.type, worker.tgid),
               static_cast<double>(type.objects), "objects");
  }
  finding.detail += ".";
  if (const domain::GrownType *held = held_type(worker)) {
    finding.detail +=
        fmt::format(" In its later half, {} more {} were held by {}.",
                    held->holders.front().objects, held->type, held->holders.front().text);
  }
}

Finding finding_for(const Kept &kept, const ServerLoad &load, double server_growth,
                    const Thresholds &thresholds)
{
  const EndpointReport &endpoint = *kept.endpoint;
  const domain::EndpointMemory &memory = endpoint.memory;
  const domain::GrowthEstimate &growth = kept.per_request;
  const double hours = std::chrono::duration<double, std::ratio<3600>>(load.window).count();
  const double per_hour = hours > 0 ? kept.bytes() / hours : 0;
  const std::string name = domain::endpoint_name(endpoint);

  Finding finding = finding_of("memory-retained", load.server->server.master_tgid, name);
  finding.severity = per_hour >= thresholds.retained_critical_bytes_per_hour ? Severity::critical
                                                                             : Severity::warning;
  finding.effect.bytes_per_hour = per_hour;
  finding.title = fmt::format("{} keeps {}{} of memory per request", name,
                              kept.small_only ? "at least " : "", human_bytes(growth.per_request));
  finding.detail = fmt::format(
      "{} ({} to {} per request with 95 % confidence; {} to {} in the later half, so it is not "
      "warm-up). At this rate that is {} an hour, all workers together.",
      account_of(kept, load.window), human_bytes(growth.low), human_bytes(growth.high),
      human_bytes(growth.late_low), human_bytes(growth.late_high), human_bytes(per_hour));
  if (hours > 0)
    tell_memory_room(finding, *load.server, server_growth / hours, thresholds);
  tell_sites(finding, memory);
  const domain::WorkerReport *grown = grown_worker(load);
  finding.remedy =
      place_to_look(name, grown == nullptr ? nullptr : held_type(*grown), memory, load) +
      stopgap(load, server_growth, thresholds);

  cite_count(finding, "requests", static_cast<double>(endpoint.requests), "requests");
  cite_bytes(finding, "retained per request", growth.per_request);
  cite_bytes(finding, "retained per request, low", growth.low);
  cite_bytes(finding, "retained per request, high", growth.high);
  cite_bytes(finding, "retained per request in the later half, low", growth.late_low);
  cite_bytes(finding, "retained in the window", kept.bytes());
  cite_bytes(finding, "retained per hour at this rate", per_hour);
  cite_count(finding, "page faults per request, mean", memory.faults_per_request, "faults");
  if (grown != nullptr)
    tell_heap(finding, *grown);
  return finding;
}

} // namespace

std::vector<Finding> memory_retained(const ServerLoad &load, const Thresholds &thresholds)
{
  std::vector<Kept> growing;
  double growth_bytes = 0;
  const bool told = faults_tell(load);
  for (const EndpointReport *endpoint : load.endpoints) {
    const std::optional<Kept> kept = kept_by(*endpoint, told, thresholds);
    if (!kept)
      continue;
    growing.push_back(*kept);
    growth_bytes += kept->bytes();
  }
  std::vector<Finding> findings;
  findings.reserve(growing.size());
  for (const Kept &kept : growing)
    findings.push_back(finding_for(kept, load, growth_bytes, thresholds));
  return findings;
}

} // namespace linger::diagnose
