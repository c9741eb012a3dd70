#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::Severity;
using domain::SiteReport;

/// One statement at one database, whoever sends it.
struct Query {
  std::uint64_t waits = 0;
  Nanos total{};
  Nanos max{};
  /// The endpoint and line that waited for it the longest in all.
  std::string endpoint;
  std::string code;
  Nanos longest{};

  [[nodiscard]] Nanos mean() const
  {
    return Nanos{ static_cast<Nanos::rep>(static_cast<std::uint64_t>(total.count()) /
                                          std::max<std::uint64_t>(1, waits)) };
  }
};

/// By database and statement.
using Queries = std::map<std::pair<std::string, std::string>, Query>;

void add(Query &query, const EndpointReport &endpoint, const SiteReport &site)
{
  query.waits += site.waits;
  query.total = domain::saturating_sum(query.total, site.total);
  query.max = std::max(query.max, site.max);
  if (site.total < query.longest)
    return;
  query.longest = site.total;
  query.endpoint = domain::endpoint_name(endpoint);
  query.code = site.code;
}

Queries queries_in(const ServerLoad &load)
{
  Queries queries;
  for (const EndpointReport *endpoint : load.endpoints) {
    for (const SiteReport &site : endpoint->sites) {
      if (site.cause == Cause::database && !site.statement.empty())
        add(queries[{ site.what, site.statement }], *endpoint, site);
    }
  }
  return queries;
}

std::string remedy_for(const std::string &database, const Query &query)
{
  const bool mysql = database.find("mysql") != std::string::npos;
  return fmt::format(
      "{} the statement{} with the values of a slow request: a sequential scan wants an index, a "
      "sort or a join of many rows a narrower WHERE or a LIMIT. If it waits for locks of other "
      "sessions instead ({}), shorten those. {} keeps one statement from holding a worker for "
      "good.",
      mysql ? "EXPLAIN ANALYZE" : "EXPLAIN (ANALYZE, BUFFERS)",
      query.code.empty() ? "" : " at " + query.code,
      mysql ? "performance_schema.data_lock_waits" : "pg_blocking_pids()",
      mysql ? "max_execution_time" : "statement_timeout");
}

Finding finding_for(const Queries::value_type &slow, const ServerLoad &load,
                    const Thresholds &thresholds)
{
  const auto &[key, query] = slow;
  const auto &[database, statement] = key;
  const double share = ratio_of(query.total, service_time(load.times));
  Finding finding = finding_of("slow-query", load.server->server.master_tgid, query.endpoint);
  finding.id += ":" + database + ":" + statement;
  finding.severity = share < thresholds.query_minor_ratio ? Severity::info : Severity::warning;
  finding.title =
      fmt::format("A statement takes {} on average: {}", human_time(query.mean()), statement);
  finding.detail = fmt::format("{} answered \"{}\" {} times, after {} on average and {} at most; "
                               "most of that in {}{}. That is "
                               "{} of the time that requests spent in workers.",
                               database, statement, query.waits, human_time(query.mean()),
                               human_time(query.max), query.endpoint,
                               query.code.empty() ? "" : " at " + query.code, human_share(share));
  finding.remedy = remedy_for(database, query);
  cite_count(finding, "answers waited for", static_cast<double>(query.waits), "answers");
  cite_time(finding, "wait for an answer, mean", query.mean());
  cite_time(finding, "longest wait", query.max);
  cite_share(finding, "part of the requests' time in a worker", share);
  finding.effect.request_seconds_per_second = ratio_of(query.total, load.window);
  return finding;
}

} // namespace

std::vector<Finding> slow_query(const ServerLoad &load, const Thresholds &thresholds)
{
  std::vector<const Queries::value_type *> slow;
  const Queries queries = queries_in(load);
  for (const auto &each : queries) {
    if (each.second.waits >= thresholds.query_min_count && each.second.waits != 0 &&
        each.second.mean() >= Nanos{ thresholds.query_min_mean_ns })
      slow.push_back(&each);
  }
  std::ranges::stable_sort(slow, std::ranges::greater{},
                           [](const auto *each) { return each->second.total; });
  std::vector<Finding> findings;
  for (const auto *each : slow)
    findings.push_back(finding_for(*each, load, thresholds));
  return findings;
}

} // namespace linger::diagnose
