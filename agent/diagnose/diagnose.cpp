#include "diagnose/diagnose.h"

#include "diagnose/ranking.h"
#include "diagnose/rules.h"
#include "diagnose/server_load.h"
#include "diagnose/what_if.h"

#include <algorithm>
#include <iterator>

namespace linger::diagnose {

std::vector<domain::Finding> diagnose(const domain::Report &report, const Thresholds &thresholds)
{
  std::vector<domain::Finding> findings;
  const std::vector<ServerLoad> loads = server_loads(report);
  for (const ServerLoad &load : loads) {
    for (const auto rule :
         { workers_saturated, cpu_overcommitted, accept_queue_wait, blocked_event_loop,
           blocking_io_in_request, idle_in_transaction, connection_leak, memory_retained,
           context_not_popped, session_not_closed, worker_timeout, worker_crash,
           worker_out_of_memory, deadlock, gil_contention, lock_contention, slow_query, slow_client,
           unhandled_exception })
      std::ranges::move(rule(load, thresholds), std::back_inserter(findings));
  }
  for (domain::Finding &finding : findings) {
    finding.first_seen = report.window.begin;
    finding.last_seen = report.window.end;
  }
  explain(findings, loads, thresholds);
  rank(findings);
  return findings;
}

void judge(domain::Report &report, const Thresholds &thresholds)
{
  const std::vector<ServerLoad> loads = server_loads(report);
  for (std::size_t i = 0; i < loads.size(); ++i) {
    if (is_saturated(loads[i], thresholds) || waits_to_be_accepted(loads[i], thresholds))
      report.servers[i].what_if = what_if(loads[i], thresholds);
  }
  report.findings = diagnose(report, thresholds);
}

} // namespace linger::diagnose
