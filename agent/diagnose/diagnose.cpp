#include "diagnose/diagnose.h"

#include "diagnose/rules.h"
#include "diagnose/server_load.h"

#include <algorithm>
#include <iterator>

namespace linger::diagnose {

std::vector<domain::Finding> diagnose(const domain::Report &report, const Thresholds &thresholds)
{
  std::vector<domain::Finding> findings;
  for (const ServerLoad &load : server_loads(report)) {
    for (const auto rule :
         { workers_saturated, cpu_overcommitted, accept_queue_wait, blocked_event_loop,
           blocking_io_in_request, idle_in_transaction, connection_leak, memory_retained,
           worker_timeout, worker_crash, worker_out_of_memory, deadlock, gil_contention,
           lock_contention, slow_query, slow_client, unhandled_exception })
      std::ranges::move(rule(load, thresholds), std::back_inserter(findings));
  }
  for (domain::Finding &finding : findings) {
    finding.first_seen = report.window.begin;
    finding.last_seen = report.window.end;
  }
  // Stable: within one severity the order of the rules, and of the endpoints by their wall time.
  std::ranges::stable_sort(findings, std::ranges::greater{}, &domain::Finding::severity);
  return findings;
}

} // namespace linger::diagnose
