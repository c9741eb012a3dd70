#include "diagnose/ranking.h"

#include <algorithm>
#include <compare>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <string>

namespace linger::diagnose {
namespace {

using domain::Finding;
using domain::Severity;

constexpr double lost_request_seconds = 30;
constexpr double waiting_request_bytes_per_hour = 1'073'741'824;

const ServerLoad *load_of(const Finding &finding, const std::vector<ServerLoad> &loads)
{
  const auto load = std::ranges::find(
      loads, finding.server, [](const ServerLoad &one) { return one.server->server.master_tgid; });
  return load == loads.end() ? nullptr : &*load;
}

bool is_blocking(const Finding &finding)
{
  return finding.rule == "blocking-io-in-request";
}

/// The findings about requests of one server that block, the dearest first.
std::vector<const Finding *> blocking_in(const std::vector<Finding> &findings, std::uint32_t server)
{
  std::vector<const Finding *> blocking;
  for (const Finding &finding : findings) {
    if (is_blocking(finding) && finding.server == server)
      blocking.push_back(&finding);
  }
  std::ranges::stable_sort(blocking, std::ranges::greater{}, [](const Finding *finding) {
    return finding->effect.request_seconds_per_second;
  });
  return blocking;
}

/// Adds the causes to a finding's words. `how` continues the sentence.
void tell_causes(Finding &finding, const std::vector<const Finding *> &causes,
                 const std::string &how)
{
  std::vector<std::string> endpoints;
  for (const Finding *cause : causes) {
    finding.explained_by.push_back(cause->id);
    endpoints.insert(endpoints.end(), cause->endpoints.begin(), cause->endpoints.end());
  }
  finding.detail += fmt::format(" It follows from what {} wait{} for (blocking-io-in-request): {}.",
                                fmt::join(endpoints, ", "), endpoints.size() == 1 ? "s" : "", how);
  finding.remedy =
      "Put those waits right first; this goes with them. Until then: " + finding.remedy;
}

/// The dearest causes that together keep the workers busy; none where the workers would have no
/// time without all of them either.
void explain_busy_workers(Finding &finding, const std::vector<Finding> &findings,
                          const ServerLoad &load, const Thresholds &thresholds)
{
  const bool full = load.utilization() >= thresholds.saturated_min_utilization_ratio;
  const double allowed =
      full ? thresholds.saturated_target_utilization_ratio * load.threads() : load.busy_threads / 2;
  double busy = load.busy_threads;
  std::vector<const Finding *> causes;
  for (const Finding *cause : blocking_in(findings, finding.server)) {
    if (busy <= allowed)
      break;
    busy -= cause->effect.request_seconds_per_second;
    causes.push_back(cause);
  }
  if (busy <= allowed && !causes.empty())
    tell_causes(finding, causes,
                fmt::format("without these waits {:.1f} of {} request threads would be busy",
                            std::max(0.0, busy), load.threads()));
}

bool shares_endpoint(const Finding &one, const Finding &other)
{
  return std::ranges::any_of(one.endpoints, [&](const std::string &endpoint) {
    return std::ranges::find(other.endpoints, endpoint) != other.endpoints.end();
  });
}

void explain_long_requests(Finding &finding, const std::vector<Finding> &findings,
                           const std::string &how)
{
  std::vector<const Finding *> causes = blocking_in(findings, finding.server);
  std::erase_if(causes, [&](const Finding *cause) { return !shares_endpoint(*cause, finding); });
  if (!causes.empty())
    tell_causes(finding, causes, how);
}

/// What leaks takes what others then do not get.
void explain_taken_connections(Finding &finding, const std::vector<Finding> &findings)
{
  const std::string address = finding.id.substr(finding.rule.size());
  for (const Finding &cause : findings) {
    if (cause.id != "connection-leak" + address)
      continue;
    finding.explained_by.push_back(cause.id);
    finding.detail += " It follows from connections that are not closed (connection-leak).";
  }
}

void explain_blocked_loop(Finding &finding, const std::vector<Finding> &findings)
{
  for (const Finding &cause : findings) {
    if (cause.rule != "worker-class-mismatch" || cause.server != finding.server)
      continue;
    finding.explained_by.push_back(cause.id);
    finding.detail += " It follows from a class of workers that is not made for requests that "
                      "compute (worker-class-mismatch).";
  }
}

/// Whether the finding is about this statement at this database.
bool is_about(const Finding &slow_query, const domain::SiteReport &site)
{
  return slow_query.id.ends_with(":" + site.what + ":" + site.statement);
}

/// The slow statements that the endpoint waits for most of the time that it is blocked.
void explain_slow_requests(Finding &finding, const std::vector<Finding> &findings,
                           const ServerLoad &load)
{
  const auto endpoint = std::ranges::find_if(load.endpoints, [&](const auto *one) {
    return std::ranges::find(finding.endpoints, domain::endpoint_name(*one)) !=
           finding.endpoints.end();
  });
  if (endpoint == load.endpoints.end())
    return;
  domain::Nanos waited{};
  std::vector<std::string> causes;
  for (const Finding &cause : findings) {
    if (cause.rule != "slow-query" || cause.server != finding.server)
      continue;
    for (const domain::SiteReport &site : (*endpoint)->sites) {
      if (site.cause != domain::Cause::database || !is_about(cause, site))
        continue;
      waited = domain::saturating_sum(waited, site.total);
      if (causes.empty() || causes.back() != cause.id)
        causes.push_back(cause.id);
    }
  }
  if (2 * ratio_of(waited, load.window) < finding.effect.request_seconds_per_second ||
      causes.empty())
    return;
  finding.explained_by = std::move(causes);
  finding.detail += fmt::format(" Most of that is {} by {} (slow-query).",
                                finding.explained_by.size() == 1 ? "a statement that is slow"
                                                                 : "statements that are slow",
                                finding.explained_by.size() == 1 ? "itself" : "themselves");
}

/// Whether what grew in a heap is held by the variable that the finding names.
bool holds_what_grew(const Finding &grows, const ServerLoad &load)
{
  const std::string variable = grows.id.substr(grows.id.rfind(':') + 1);
  return std::ranges::any_of(load.server->workers, [&](const domain::WorkerReport &worker) {
    return worker.heap_growth &&
           std::ranges::any_of(worker.heap_growth->types, [&](const domain::GrownType &type) {
             return !type.holders.empty() &&
                    type.holders.front().text.starts_with("`" + variable + "`");
           });
  });
}

/// The variables that grow with what the endpoint keeps.
void explain_kept_memory(Finding &finding, const std::vector<Finding> &findings,
                         const ServerLoad &load)
{
  for (const Finding &cause : findings) {
    if (cause.rule != "global-state-grows" || cause.server != finding.server)
      continue;
    if (cause.endpoints.empty() ? !holds_what_grew(cause, load) : !shares_endpoint(cause, finding))
      continue;
    finding.explained_by.push_back(cause.id);
    finding.detail += fmt::format(" {} (global-state-grows).", cause.title);
  }
}

/// What a finding counts for among others.
struct Rank {
  Severity severity = Severity::info;
  double weight = 0;

  auto operator<=>(const Rank &) const = default;
};

using Ranks = std::map<std::string, Rank>; // by finding id

/// A cause has a part in what its consequences cost, and is as severe as they are.
Rank rank_of(const Finding &finding, const std::vector<Finding> &findings, Ranks &known)
{
  if (const auto found = known.find(finding.id); found != known.end())
    return found->second;
  Rank rank{ finding.severity, weight_of(finding.effect) };
  known[finding.id] = rank; // should two ever explain each other
  for (const Finding &other : findings) {
    if (std::ranges::find(other.explained_by, finding.id) == other.explained_by.end())
      continue;
    const Rank consequence = rank_of(other, findings, known);
    rank.severity = std::max(rank.severity, consequence.severity);
    const double part = consequence.weight / static_cast<double>(other.explained_by.size());
    // What an endpoint waits for a statement is in the statement's own time already.
    rank.weight = is_blocking(other) ? std::max(rank.weight, part) : rank.weight + part;
  }
  return known[finding.id] = rank;
}

/// The finding, then what follows from it first of all.
void append_with_consequences(const Finding &finding, const std::vector<Finding> &findings,
                              std::vector<Finding> &ranked)
{
  ranked.push_back(finding);
  for (const Finding &other : findings) {
    if (!other.explained_by.empty() && other.explained_by.front() == finding.id)
      append_with_consequences(other, findings, ranked);
  }
}

} // namespace

void explain(std::vector<Finding> &findings, const std::vector<ServerLoad> &loads,
             const Thresholds &thresholds)
{
  for (Finding &finding : findings) {
    const ServerLoad *load = load_of(finding, loads);
    if (load == nullptr)
      continue;
    if (finding.rule == "workers-saturated" || finding.rule == "accept-queue-wait")
      explain_busy_workers(finding, findings, *load, thresholds);
    else if (finding.rule == "blocked-event-loop")
      explain_blocked_loop(finding, findings);
    else if (finding.rule == "worker-timeout")
      explain_long_requests(finding, findings,
                            "the workers were serving such requests when they were ended");
    else if (finding.rule == "request-near-timeout")
      explain_long_requests(finding, findings, "requests of that endpoint spend their time so");
    else if (finding.rule == "connections-near-limit")
      explain_taken_connections(finding, findings);
    else if (finding.rule == "memory-retained")
      explain_kept_memory(finding, findings, *load);
    else if (is_blocking(finding))
      explain_slow_requests(finding, findings, *load);
  }
}

void rank(std::vector<Finding> &findings)
{
  Ranks ranks;
  for (const Finding &finding : findings)
    (void)rank_of(finding, findings, ranks);
  std::ranges::stable_sort(findings, std::ranges::greater{},
                           [&](const Finding &finding) { return ranks.at(finding.id); });
  std::vector<Finding> ranked;
  for (const Finding &finding : findings) {
    if (finding.explained_by.empty())
      append_with_consequences(finding, findings, ranked);
  }
  findings = std::move(ranked);
}

double weight_of(const domain::Effect &effect)
{
  return effect.request_seconds_per_second +
         effect.requests_lost_per_hour / 3600 * lost_request_seconds +
         effect.bytes_per_hour / waiting_request_bytes_per_hour;
}

} // namespace linger::diagnose
