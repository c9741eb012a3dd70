#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "diagnose/sizing.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::Finding;
using domain::Nanos;
using domain::ServerKind;
using domain::Severity;

double computing_ratio(const ServerLoad &load)
{
  return ratio_of(load.times[Cause::on_cpu], service_time(load.times));
}

void cite_mix(Finding &finding, const ServerLoad &load)
{
  cite_count(finding, "requests", static_cast<double>(load.requests), "requests");
  cite_share(finding, "waiting part of the time in a worker", load.blocked_ratio());
  cite_share(finding, "computing part of the time in a worker", computing_ratio(load));
  cite_share(finding, "utilization of the workers", load.utilization());
}

/// Greenlets for requests that hardly ever wait: they only get in each other's way.
std::vector<Finding> greenlets_that_compute(const ServerLoad &load, const Thresholds &thresholds)
{
  const domain::Server &server = load.server->server;
  // A call that blocks the loop is a wait that greenlets could have used: not the class is wrong.
  Nanos held{};
  for (const domain::EndpointReport *endpoint : load.endpoints) {
    for (const domain::SiteReport &site : endpoint->sites)
      held = site.held_loop ? domain::saturating_sum(held, site.total) : held;
  }
  const Nanos queued = load.times[Cause::event_loop];
  if (load.blocked_ratio() > thresholds.class_max_waiting_ratio ||
      ratio_of(held, service_time(load.times)) > thresholds.class_max_waiting_ratio ||
      queued / static_cast<Nanos::rep>(load.requests) < Nanos{ thresholds.loop_min_wait_mean_ns } ||
      ratio_of(queued, load.times.wall()) < thresholds.loop_min_wait_ratio)
    return {};
  const auto cpus = static_cast<std::uint32_t>(std::max(1L, std::lround(load.host_cpus)));
  const std::uint32_t workers = load.host_cpus > 0 ? std::max(cpus, load.workers) : load.workers;
  Finding finding = finding_of("worker-class-mismatch", server.master_tgid, "");
  finding.severity = Severity::warning;
  finding.title = fmt::format("Requests compute {} of their time, in workers of class {} that run "
                              "one of them at a time",
                              human_share(computing_ratio(load)), server.worker_class);
  finding.detail =
      fmt::format("Greenlets take turns where a request waits, and these wait {} of the time. So a "
                  "worker takes "
                  "many requests and lets each of them wait for the others: {} each, mean.",
                  human_share(load.blocked_ratio()),
                  human_time(queued / static_cast<Nanos::rep>(load.requests)));
  finding.remedy =
      server.kind == ServerKind::uwsgi
          ? fmt::format("Serve what computes with processes: {} without --gevent. A request then "
                        "waits before it is accepted, where another process can take it.",
                        options_for(server.kind, workers, 0))
          : fmt::format(
                "Serve what computes with processes: --worker-class sync {}. A request then "
                "waits before it is accepted, where another worker can take it. Endpoints "
                "that do wait may stay in a server of this class, beside it.",
                options_for(server.kind, workers, 0));
  finding.effect.request_seconds_per_second = ratio_of(queued, load.window);
  cite_mix(finding, load);
  cite_time(finding, "waiting for the thread per request, mean",
            queued / static_cast<Nanos::rep>(load.requests));
  return { finding };
}

/// One request at a time, for requests that hardly ever compute: there is no trouble yet.
std::vector<Finding> processes_that_wait(const ServerLoad &load, const Thresholds &thresholds)
{
  const domain::Server &server = load.server->server;
  if (server.kind == ServerKind::mod_wsgi || load.threads_per_worker != 1 ||
      is_saturated(load, thresholds) ||
      load.utilization() < thresholds.class_min_utilization_ratio ||
      load.blocked_ratio() < thresholds.class_min_waiting_ratio)
    return {};
  const double most = static_cast<double>(load.requests) / std::max(0.01, load.utilization()) /
                      std::chrono::duration<double>(load.window).count();
  const std::uint32_t threads = divided_up(needed_threads(load, thresholds), load.workers);
  Finding finding = finding_of("worker-class-mismatch", server.master_tgid, "");
  finding.severity = Severity::info;
  finding.title = fmt::format("Requests wait {} of their time in workers that serve one of them at "
                              "a time",
                              human_share(load.blocked_ratio()));
  finding.detail = fmt::format(
      "The {} workers are busy {} of the time and compute {} of that. At about {:.3g} requests a "
      "second none is left, whatever the CPUs could do.",
      load.workers, human_share(load.utilization()), human_share(computing_ratio(load)), most);
  finding.remedy = fmt::format(
      "Give each worker threads, {} to begin with, if the application is thread-safe: while one "
      "request waits, the next one is served, without the memory of another process.",
      options_for(server.kind, load.workers, std::max(2U, threads)));
  cite_mix(finding, load);
  cite_count(finding, "requests per second with all workers busy", most, "requests/s");
  return { finding };
}

} // namespace

std::vector<Finding> worker_class_mismatch(const ServerLoad &load, const Thresholds &thresholds)
{
  if (load.workers == 0 ||
      load.requests < std::max<std::uint64_t>(1, thresholds.class_min_requests))
    return {};
  if (domain::serves_greenlets(load.server->server))
    return greenlets_that_compute(load, thresholds);
  return domain::has_request_threads(load.server->server) ? processes_that_wait(load, thresholds)
                                                          : std::vector<Finding>{};
}

} // namespace linger::diagnose
