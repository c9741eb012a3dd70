#include "serve/render/endpoints_text.h"

#include "serve/render/cause_text.h"
#include "serve/render/figures.h"
#include "serve/render/layout.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::serve {
namespace {

std::string_view name_of(v1::MemoryTier tier)
{
  switch (tier) {
    case v1::MEMORY_TIER_CENSUS:
      return "census";
    case v1::MEMORY_TIER_ALLOCATIONS:
      return "allocations";
    default:
      return "growth";
  }
}

std::string kept_text(double per_request, double low, double high)
{
  return fmt::format("{} a request ({} to {}, 95 %", bytes_text(per_request), bytes_text(low),
                     bytes_text(high));
}

std::string memory_text(const v1::EndpointMemory &memory)
{
  std::string text =
      memory.tier() == v1::MEMORY_TIER_UNSPECIFIED
          ? "kept: not measured"
          : fmt::format("kept: {}; {})",
                        kept_text(memory.retained_bytes_per_request(), memory.low(), memory.high()),
                        name_of(memory.tier()));
  // Where none are kept there is nothing to say that the line does not say.
  if (const v1::SmallObjects &small = memory.small_objects(); small.low() > 0)
    text += fmt::format(", of it in small objects {})",
                        kept_text(small.retained_bytes_per_request(), small.low(), small.high()));
  return text;
}

/// "holds: 3.1 MB in 1,012 blocks from shop/views.py:31 in remember"
std::string memory_site_text(const v1::MemorySite &site)
{
  return fmt::format(
      "holds: {} in {} from {}", bytes_text(static_cast<double>(site.retained_bytes())),
      counted_text(static_cast<std::uint64_t>(std::max<std::int64_t>(site.count(), 0)), "block"),
      site.what().empty() ? "no Python line" : site.what());
}

std::string site_text(const v1::Site &site)
{
  if (site.cause() == "on_cpu")
    return fmt::format("runs: about {} in all at {}", duration_text(site.total_ns()), site.code());
  std::string text = fmt::format("waits: {} {} ({} x, {} in all, {} at most)", site.cause(),
                                 site.what(), count_text(site.waits()),
                                 duration_text(site.total_ns()), duration_text(site.max_ns()));
  if (site.held_loop())
    text += ", holding the event loop";
  if (!site.code().empty())
    text += " at " + site.code();
  if (!site.statement().empty())
    text += ": " + site.statement();
  return text;
}

/// "calls: database 28 x, cache 1 x a request"; empty when there were none.
std::string calls_text(const v1::Endpoint &endpoint)
{
  const double requests = std::max<double>(1, static_cast<double>(endpoint.requests()));
  std::string text;
  const auto add = [&](const char *peer, std::uint64_t calls) {
    if (calls > 0)
      text += fmt::format("{} {} {:.3g} x", text.empty() ? "calls:" : ",", peer,
                          static_cast<double>(calls) / requests);
  };
  add("database", endpoint.calls().database_calls());
  add("cache", endpoint.calls().cache_calls());
  add("upstream", endpoint.calls().upstream_calls());
  add("dns", endpoint.calls().dns_calls());
  if (!text.empty())
    text += " a request";
  if (endpoint.open_transactions() > 0)
    text += fmt::format("; {} requests ended with a transaction open",
                        count_text(endpoint.open_transactions()));
  return text;
}

Table::Row row_of(const v1::Endpoint &endpoint)
{
  constexpr std::size_t most_causes = 4;
  constexpr int most_sites = 3;
  constexpr int most_memory_sites = 3;
  Table::Row row{ .cells = { count_text(endpoint.requests()), count_text(endpoint.errors()),
                             duration_text(endpoint.wall().p50_ns()),
                             duration_text(endpoint.wall().p99_ns()),
                             duration_text(endpoint.wall().mean_ns()),
                             endpoint.method() + " " + endpoint.route() },
                  .notes = {} };
  if (std::string causes = causes_text(endpoint.time(), endpoint.requests(), most_causes);
      !causes.empty())
    row.notes.push_back("time: " + causes);
  if (endpoint.throttled_ns() > 0)
    row.notes.push_back(fmt::format(
        "of run_queue: {} a request because the control group's CPU time was used up",
        duration_text(endpoint.throttled_ns() / std::max<std::uint64_t>(endpoint.requests(), 1))));
  if (std::string calls = calls_text(endpoint); !calls.empty())
    row.notes.push_back(std::move(calls));
  for (int i = 0; i < std::min(endpoint.sites_size(), most_sites); ++i)
    row.notes.push_back(site_text(endpoint.sites(i)));
  row.notes.push_back(memory_text(endpoint.memory()));
  for (int i = 0; i < std::min(endpoint.memory().sites_size(), most_memory_sites); ++i)
    row.notes.push_back(memory_site_text(endpoint.memory().sites(i)));
  return row;
}

} // namespace

std::string endpoints_text(const google::protobuf::RepeatedPtrField<v1::Endpoint> &endpoints,
                           const TextOptions &options)
{
  constexpr auto right = Table::Align::right;
  Table table({ { "REQUESTS", right },
                { "ERRORS", right },
                { "P50", right },
                { "P99", right },
                { "MEAN", right },
                { "ENDPOINT" } });
  const auto count = static_cast<std::size_t>(endpoints.size());
  for (std::size_t i = 0; i < std::min(count, options.endpoints); ++i)
    table.add(row_of(endpoints[static_cast<int>(i)]));
  std::string text = table.text(2, options);
  if (count > options.endpoints)
    text += fmt::format("  and {} more\n", count_text(count - options.endpoints));
  return text;
}

} // namespace linger::serve
