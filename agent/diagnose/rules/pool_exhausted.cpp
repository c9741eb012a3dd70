#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "domain/observation.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <string_view>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::Severity;
using domain::SiteReport;

/// What the requests of one endpoint waited for connections of a pool.
struct Waited {
  const EndpointReport *endpoint = nullptr;
  const SiteReport *longest = nullptr;
  Nanos total{};
  /// At least so many: one request may wait at several lines.
  std::uint64_t requests = 0;
};

Waited waited_by(const EndpointReport &endpoint)
{
  Waited waited{ .endpoint = &endpoint };
  for (const SiteReport &site : endpoint.sites) {
    if (site.cause != Cause::lock || !site.what.starts_with(domain::Wait::pool))
      continue;
    if (waited.longest == nullptr) // the sites come with the longest first
      waited.longest = &site;
    waited.total = domain::saturating_sum(waited.total, site.total);
    waited.requests = std::max(waited.requests, site.requests);
  }
  return waited;
}

bool is_long(const Waited &waited, const Thresholds &thresholds)
{
  return waited.requests >= std::max<std::uint64_t>(1, thresholds.pool_min_requests) &&
         waited.total / static_cast<Nanos::rep>(waited.requests) >=
             Nanos{ thresholds.pool_min_wait_mean_ns } &&
         ratio_of(waited.total, service_time(waited.endpoint->times)) >=
             thresholds.pool_min_wait_ratio;
}

/// "SQLAlchemy" of "connection pool (SQLAlchemy)".
std::string_view library_of(const SiteReport &site)
{
  std::string_view name = site.what;
  name.remove_prefix(domain::Wait::pool.size());
  return name.substr(0, name.find(')'));
}

/// The setting that makes a library's pool larger.
std::string_view size_option(std::string_view library)
{
  if (library == "SQLAlchemy")
    return "create_engine(pool_size=..., max_overflow=...)";
  if (library == "psycopg_pool")
    return "ConnectionPool(max_size=...)";
  if (library == "redis-py")
    return "BlockingConnectionPool(max_connections=...)";
  if (library == "PyMongo")
    return "MongoClient(maxPoolSize=...)";
  if (library == "DBUtils")
    return "PooledDB(maxconnections=...)";
  return "its maxsize";
}

std::string remedy_for(const ServerLoad &load, const Waited &worst)
{
  return fmt::format(
      "Give connections back sooner: at {} and wherever else one is taken, none should be held "
      "while the request computes, calls another service or sends its response (with "
      "engine.begin() "
      "around the statements alone; session.close() before the slow part). If all of them are at "
      "work in the database, let the pool have as many as the worker has threads, {} ({}); all "
      "workers together, {} of them, must stay below what the server allows (PostgreSQL: "
      "max_connections).",
      worst.longest->code.empty() ? "the lines above" : worst.longest->code,
      load.threads_per_worker, size_option(library_of(*worst.longest)), load.workers);
}

Finding finding_for(const Waited &waited, const ServerLoad &load, const Thresholds &thresholds)
{
  const std::string name = domain::endpoint_name(*waited.endpoint);
  const Nanos each = waited.total / static_cast<Nanos::rep>(waited.requests);
  const double share = ratio_of(waited.total, service_time(waited.endpoint->times));
  Finding finding = finding_of("pool-exhausted", load.server->server.master_tgid, name);
  finding.severity =
      share >= thresholds.pool_critical_wait_ratio ? Severity::critical : Severity::warning;
  finding.title = fmt::format("{} waits {} for a connection: all of the pool's are in use", name,
                              human_time(each));
  finding.detail =
      fmt::format("{} of its {} requests found no connection left in the pool of {}{} "
                  "and waited until another one gave one back, {} of the time in a "
                  "worker and up to {}. Either the pool has fewer connections than "
                  "there are threads that want one, or they are held for longer "
                  "than they are used.",
                  waited.requests, waited.endpoint->requests, library_of(*waited.longest),
                  waited.longest->code.empty() ? "" : " at " + waited.longest->code,
                  human_share(share), human_time(waited.longest->max));
  finding.endpoints = { name };
  finding.remedy = remedy_for(load, waited);
  finding.effect.request_seconds_per_second = ratio_of(waited.total, load.window);
  cite_count(finding, "requests that waited", static_cast<double>(waited.requests), "requests");
  cite_time(finding, "waiting for a connection, mean of these", each);
  cite_time(finding, "longest", waited.longest->max);
  cite_share(finding, "part of the time in a worker", share);
  cite_count(finding, "threads of a worker", load.threads_per_worker, "threads");
  return finding;
}

} // namespace

std::vector<Finding> pool_exhausted(const ServerLoad &load, const Thresholds &thresholds)
{
  std::vector<Finding> findings;
  for (const EndpointReport *endpoint : load.endpoints) {
    const Waited waited = waited_by(*endpoint);
    if (is_long(waited, thresholds))
      findings.push_back(finding_for(waited, load, thresholds));
  }
  return findings;
}

} // namespace linger::diagnose
