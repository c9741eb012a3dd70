#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "diagnose/sizing.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string>
#include <vector>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::Severity;
using domain::SiteReport;

const SiteReport *busiest_line(const EndpointReport &endpoint)
{
  const auto site = std::ranges::find_if(endpoint.sites, [](const SiteReport &each) {
    return each.cause == Cause::on_cpu && !each.code.empty();
  });
  return site == endpoint.sites.end() ? nullptr : &*site;
}

/// Threads that ran Python or waited for their turn to, on average over the window.
double wanting_threads(const ServerLoad &load)
{
  return runnable_threads(load.times, load.window) + ratio_of(load.times[Cause::gil], load.window);
}

std::string remedy_for(const ServerLoad &load, const Thresholds &thresholds)
{
  const double cpus = std::floor(load.host_cpus);
  const auto wanted = static_cast<std::uint32_t>(
      std::ceil(wanting_threads(load) / thresholds.saturated_target_utilization_ratio));
  const std::uint32_t workers = std::max(
      load.workers + 1, cpus == 0 ? wanted : std::min(wanted, static_cast<std::uint32_t>(cpus)));
  if (cpus != 0 && load.workers >= cpus)
    return fmt::format("There are as many processes as CPUs already, so what the requests compute "
                       "has to become less: make the lines above cheaper, or move them to a task "
                       "queue. Fewer threads a worker ({}) at least let each request compute "
                       "without being interrupted.",
                       options_for(load.server->server.kind, load.workers, 1));
  return fmt::format("Processes instead of threads, each with an interpreter lock of its own: {} "
                     "({:.2g} threads wanted to run Python on average, and {} could). Threads pay "
                     "where requests wait for I/O; what computes for long belongs into processes, "
                     "or into a task queue.",
                     options_for(load.server->server.kind, workers, 0), wanting_threads(load),
                     load.workers);
}

void tell_endpoints(Finding &finding, const ServerLoad &load)
{
  constexpr std::size_t most_told = 3;
  const auto computing = computing_in(load);
  for (std::size_t i = 0; i < computing.size() && i < most_told; ++i) {
    const EndpointReport &endpoint = *computing[i];
    const std::string name = domain::endpoint_name(endpoint);
    const auto requests = static_cast<Nanos::rep>(endpoint.requests);
    finding.endpoints.push_back(name);
    const SiteReport *line = busiest_line(endpoint);
    finding.detail += fmt::format(" {} runs for {} a request{}.", name,
                                  human_time(endpoint.times[Cause::on_cpu] / requests),
                                  line == nullptr ? "" : ", mostly at " + line->code);
    cite_time(finding, fmt::format("{} waits for the GIL, mean per request", name),
              endpoint.times[Cause::gil] / requests);
    cite_time(finding, fmt::format("{} on a CPU, mean per request", name),
              endpoint.times[Cause::on_cpu] / requests);
  }
}

Finding finding_for(const ServerLoad &load, const Thresholds &thresholds)
{
  const auto requests = static_cast<Nanos::rep>(load.requests);
  const Nanos waiting = load.times[Cause::gil];
  const double share = ratio_of(waiting, service_time(load.times));
  Finding finding = finding_of("gil-contention", load.server->server.master_tgid, "");
  finding.severity =
      share >= thresholds.gil_critical_wait_ratio ? Severity::critical : Severity::warning;
  finding.title = fmt::format("Requests wait {} each for the interpreter, {} of their time in a "
                              "worker",
                              human_time(waiting / requests), human_share(share));
  finding.detail = fmt::format(
      "The threads of a worker share one interpreter lock (GIL): while one of them runs Python, "
      "the "
      "others wait, and who comes back from I/O waits up to 5 ms for his turn. {} requests in {} "
      "waited {} each for it.",
      load.requests, human_time(load.window), human_time(waiting / requests));
  cite_count(finding, "requests", static_cast<double>(load.requests), "requests");
  cite_time(finding, "waiting for the GIL per request, mean", waiting / requests);
  cite_share(finding, "part of the time in a worker", share);
  cite_count(finding, "threads that wanted to run Python, mean", wanting_threads(load), "threads");
  cite_count(finding, "workers", load.workers, "workers");
  tell_endpoints(finding, load);
  finding.remedy = remedy_for(load, thresholds);
  finding.effect.request_seconds_per_second = ratio_of(waiting, load.window);
  return finding;
}

} // namespace

std::vector<Finding> gil_contention(const ServerLoad &load, const Thresholds &thresholds)
{
  const Nanos waiting = load.times[Cause::gil];
  if (load.requests == 0 || load.requests < thresholds.gil_min_requests ||
      waiting / static_cast<Nanos::rep>(load.requests) < Nanos{ thresholds.gil_min_wait_mean_ns } ||
      ratio_of(waiting, service_time(load.times)) < thresholds.gil_min_wait_ratio)
    return {};
  // Whoever has the interpreter waits for a CPU then, and with him everybody else.
  if (load.times[Cause::run_queue] >= waiting)
    return {};
  return { finding_for(load, thresholds) };
}

} // namespace linger::diagnose
