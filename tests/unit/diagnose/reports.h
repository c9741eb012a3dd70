// Reports as the rules see them: one server (master 100), a window of 10 s.

#pragma once

#include "domain/report.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace linger::diagnose::test {

using namespace std::chrono_literals;
using domain::Cause;

inline domain::Report report_of(std::uint32_t workers, double utilization)
{
  domain::Report report;
  report.window = { domain::MonotonicTime{ 5s }, domain::MonotonicTime{ 15s } };
  domain::ServerReport &server = report.servers.emplace_back();
  server.server = { .master_tgid = 100, .worker_class = "sync", .workers_configured = workers };
  for (std::uint32_t i = 0; i < workers; ++i)
    server.workers.push_back(
        { .tgid = 101 + i, .state = domain::WorkerState::busy, .utilization = utilization });
  return report;
}

/// `requests` requests, each with the same times.
inline domain::EndpointReport &
add_endpoint(domain::Report &report, const std::string &route, std::uint64_t requests,
             const std::vector<std::pair<Cause, domain::Nanos>> &times)
{
  domain::EndpointReport &endpoint = report.endpoints.emplace_back();
  endpoint.server = 100;
  endpoint.method = "GET";
  endpoint.route = route;
  endpoint.requests = requests;
  for (std::uint64_t i = 0; i < requests; ++i) {
    for (const auto &[cause, time] : times) {
      endpoint.times[cause] += time;
      if (cause == Cause::accept_queue)
        endpoint.accept_queue_ns.add(static_cast<std::uint64_t>(time.count()));
    }
  }
  return endpoint;
}

inline std::vector<domain::Finding> of_rule(const std::vector<domain::Finding> &findings,
                                            const std::string &rule)
{
  std::vector<domain::Finding> chosen;
  std::ranges::copy_if(findings, std::back_inserter(chosen),
                       [&](const domain::Finding &finding) { return finding.rule == rule; });
  return chosen;
}

inline double cited(const domain::Finding &finding, const std::string &name)
{
  for (const auto &evidence : finding.evidence) {
    if (evidence.name == name)
      return evidence.value;
  }
  return -1;
}

} // namespace linger::diagnose::test
