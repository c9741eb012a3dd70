#include "diagnose/diagnose.h"

#include "diagnose/ranking.h"
#include "diagnose/rules.h"
#include "diagnose/server_load.h"
#include "diagnose/what_if.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <span>

namespace linger::diagnose {
namespace {

using domain::Finding;
using domain::Report;

using Rule = std::vector<Finding> (*)(const ServerLoad &load, const Thresholds &thresholds);

/// What is so or not so at this moment: some minutes tell.
constexpr std::array<Rule, 18> present_rules{ workers_saturated,
                                              cpu_underused,
                                              cpu_overcommitted,
                                              accept_queue_wait,
                                              blocked_event_loop,
                                              worker_class_mismatch,
                                              blocking_io_in_request,
                                              request_near_timeout,
                                              idle_in_transaction,
                                              connections_near_limit,
                                              pool_exhausted,
                                              deadlock,
                                              gil_contention,
                                              lock_contention,
                                              slow_query,
                                              slow_client,
                                              unhandled_exception,
                                              overhead_budget_exceeded };
/// What adds up, and shows the surer the longer it is looked at.
constexpr std::array<Rule, 6> growth_rules{ connection_leak,    memory_retained,
                                            global_state_grows, global_state_written_by_requests,
                                            context_not_popped, session_not_closed };
/// What happened at one moment, and is worth knowing for a while.
constexpr std::array<Rule, 3> event_rules{ worker_timeout, worker_crash, worker_out_of_memory };

void apply(std::span<const Rule> rules, const Report &report, const std::vector<ServerLoad> &loads,
           const Thresholds &thresholds, std::vector<Finding> &findings)
{
  const std::size_t before = findings.size();
  for (const ServerLoad &load : loads) {
    for (const Rule rule : rules)
      std::ranges::move(rule(load, thresholds), std::back_inserter(findings));
  }
  for (std::size_t i = before; i < findings.size(); ++i) {
    findings[i].first_seen = report.window.begin;
    findings[i].last_seen = report.window.end;
  }
}

/// The same report as if it had begun so long before its end, as far as that can be: workers that
/// ended before then are not in it.
Report latest_of(Report report, domain::Nanos span)
{
  report.window.begin = std::max(report.window.begin, report.window.end - span);
  for (domain::ServerReport &server : report.servers)
    std::erase_if(server.workers, [&](const domain::WorkerReport &worker) {
      return worker.end && worker.end->time < report.window.begin;
    });
  return report;
}

void enter_what_if(Report &report, const Thresholds &thresholds)
{
  const std::vector<ServerLoad> loads = server_loads(report);
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (is_saturated(loads[i], thresholds) || underuses_cpus(loads[i], thresholds) ||
        waits_to_be_accepted(loads[i], thresholds))
      report.servers[i].what_if = what_if(loads[i], thresholds);
  }
}

} // namespace

std::vector<Finding> diagnose(const Report &report, const Thresholds &thresholds)
{
  std::vector<Finding> findings;
  const std::vector<ServerLoad> loads = server_loads(report);
  apply(present_rules, report, loads, thresholds, findings);
  apply(growth_rules, report, loads, thresholds, findings);
  apply(event_rules, report, loads, thresholds, findings);
  explain(findings, loads, thresholds);
  rank(findings);
  return findings;
}

void judge(Report &report, const Thresholds &thresholds)
{
  enter_what_if(report, thresholds);
  report.findings = diagnose(report, thresholds);
}

std::vector<Finding> current_findings(Report recent, const Report &since_start,
                                      const Thresholds &thresholds)
{
  enter_what_if(recent, thresholds);
  std::vector<Finding> findings;
  const std::vector<ServerLoad> loads = server_loads(recent);
  apply(present_rules, recent, loads, thresholds, findings);
  apply(growth_rules, since_start, server_loads(since_start), thresholds, findings);
  constexpr std::chrono::minutes worth_knowing{ 10 };
  const Report latest = latest_of(since_start, worth_knowing);
  apply(event_rules, latest, server_loads(latest), thresholds, findings);
  explain(findings, loads, thresholds);
  rank(findings);
  return findings;
}

} // namespace linger::diagnose
