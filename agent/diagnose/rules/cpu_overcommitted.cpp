#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "diagnose/sizing.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <optional>
#include <string>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::CauseTimes;
using domain::CpuLimitReport;
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::Severity;
using domain::WorkerReport;

/// The workers in one control group whose CPU time is limited.
struct Limited {
  const CpuLimitReport *limit = nullptr;
  CauseTimes times;
  Nanos throttled{};

  [[nodiscard]] double cpus() const { return ratio_of(limit->quota, limit->period); }
};

/// The group that was stopped most of those in which a limit makes up at least half of the wait for
/// a CPU.
std::optional<Limited> limited_in(const ServerLoad &load)
{
  std::map<std::string, Limited> groups;
  Nanos throttled{};
  for (const WorkerReport &worker : load.server->workers) {
    if (!worker.cpu_limit || worker.cpu_limit->throttled_periods == 0)
      continue;
    Limited &group = groups[worker.cpu_limit->group];
    if (group.limit == nullptr || worker.cpu_limit->periods > group.limit->periods)
      group.limit = &*worker.cpu_limit;
    group.times += worker.times;
    // Not known of an event loop's requests; the group's own count tells of its one thread.
    const Nanos of_worker =
        domain::runs_event_loops(load.server->server)
            ? std::min(worker.cpu_limit->throttled, worker.times[Cause::run_queue])
            : worker.throttled;
    group.throttled = domain::saturating_sum(group.throttled, of_worker);
    throttled = domain::saturating_sum(throttled, of_worker);
  }
  if (groups.empty() || throttled < load.times[Cause::run_queue] / 2)
    return std::nullopt;
  return std::ranges::max_element(groups, {},
                                  [](const auto &entry) { return entry.second.throttled; })
      ->second;
}

/// "GET /burn/{} uses most CPU time, 30 ms a request, most of it at app.py:12 in burn."
std::string where_it_goes(const ServerLoad &load)
{
  const EndpointReport &endpoint = **std::ranges::max_element(
      load.endpoints, {}, [](const EndpointReport *one) { return one->times[Cause::on_cpu]; });
  std::string text = fmt::format(
      "{} uses most CPU time, {} a request", domain::endpoint_name(endpoint),
      human_time(endpoint.times[Cause::on_cpu] /
                 static_cast<Nanos::rep>(std::max<std::uint64_t>(1, endpoint.requests))));
  const auto site = std::ranges::find_if(endpoint.sites, [](const domain::SiteReport &one) {
    return one.cause == Cause::on_cpu && !one.code.empty();
  });
  if (site != endpoint.sites.end())
    text += ", most of it at " + site->code;
  return text + ".";
}

void tell_limit(Finding &finding, const Limited &limited, Nanos window)
{
  // As many as never had to wait for each other.
  const double wanted = std::ceil(10 * runnable_threads(limited.times, window)) / 10;
  finding.detail += fmt::format(
      " Control group {} may use {:.2f} CPUs and was stopped in {} of {} periods of {}: {} of the "
      "requests' wait.",
      limited.limit->group, limited.cpus(), limited.limit->throttled_periods,
      limited.limit->periods, human_time(limited.limit->period),
      human_share(ratio_of(limited.throttled, limited.times[Cause::run_queue])));
  finding.remedy = fmt::format(
      "Raise the limit: with {:.1f} CPUs no request would have waited (Kubernetes: "
      "resources.limits.cpu; docker run --cpus; systemd: CPUQuota=). The more threads run at once, "
      "the sooner a period's quota is used up and all of them stop; so do not start more workers "
      "than the limit has CPUs, rounded up.",
      std::max(wanted, limited.cpus() + 0.1));
  cite_count(finding, fmt::format("limit of {}", limited.limit->group), limited.cpus(), "CPUs");
  cite_count(finding, "periods in which it was stopped",
             static_cast<double>(limited.limit->throttled_periods), "periods");
  cite_time(finding, "stopped by the limit, of the requests' time", limited.throttled);
}

void tell_own_load(Finding &finding, const ServerLoad &load)
{
  const double running = running_threads(load.times, load.window);
  const auto cpus = static_cast<std::uint32_t>(std::max(1L, std::lround(load.host_cpus)));
  finding.detail +=
      fmt::format(" On average {:.1f} of its threads wanted a CPU and {:.1f} had one.",
                  runnable_threads(load.times, load.window), running);
  cite_count(finding, "threads that wanted a CPU, mean", runnable_threads(load.times, load.window),
             "threads");
  cite_count(finding, "threads that had one, mean", running, "threads");
  if (load.host_cpus <= 0) {
    finding.remedy = "Give it more CPUs, or have fewer workers compute at a time.";
    return;
  }
  cite_count(finding, "CPUs of the host", load.host_cpus, "CPUs");
  if (running < load.host_cpus / 2) {
    finding.remedy = fmt::format(
        "Something else takes most of the host's {} CPUs (top, pidstat -u 1), or the workers may "
        "not use all of them (taskset -p, a cpuset). Move it elsewhere, give the server the "
        "greater share (systemd: CPUWeight=; Kubernetes: resources.requests.cpu), or let it use "
        "more CPUs.",
        cpus);
  } else if (load.threads() > cpus && domain::has_request_threads(load.server->server) &&
             load.server->server.kind != domain::ServerKind::mod_wsgi) {
    finding.remedy = fmt::format(
        "{} requests at a time are more than {} CPUs can compute. What serves them sooner is more "
        "CPUs, or less computing a request. With the CPUs that there are, {} finishes each request "
        "sooner: the others then wait in the accept queue, where they hold no memory.",
        load.threads(), cpus, options_for(load.server->server.kind, cpus, 0));
  } else {
    finding.remedy = "The server has no more workers than there are CPUs, and yet too little of "
                     "them: give it more CPUs, or move away what shares them.";
  }
}

Finding finding_for(const ServerLoad &load, const Thresholds &thresholds)
{
  const auto requests = static_cast<Nanos::rep>(load.requests);
  const Nanos waiting = load.times[Cause::run_queue];
  const double share = ratio_of(waiting, service_time(load.times));

  Finding finding = finding_of("cpu-overcommitted", load.server->server.master_tgid, "");
  finding.severity =
      share >= thresholds.cpu_critical_wait_ratio ? Severity::critical : Severity::warning;
  finding.effect.request_seconds_per_second = ratio_of(waiting, load.window);
  finding.title = fmt::format("Requests wait {} each for a CPU, {} of their time in a worker",
                              human_time(waiting / requests), human_share(share));
  finding.detail =
      fmt::format("{} requests in {} computed for {} each, and were ready to for "
                  "another {} in which they had no CPU.",
                  load.requests, human_time(load.window),
                  human_time(load.times[Cause::on_cpu] / requests), human_time(waiting / requests));
  cite_count(finding, "requests", static_cast<double>(load.requests), "requests");
  cite_time(finding, "waiting for a CPU per request, mean", waiting / requests);
  cite_time(finding, "on a CPU per request, mean", load.times[Cause::on_cpu] / requests);
  cite_share(finding, "part of the time in a worker", share);
  if (const std::optional<Limited> limited = limited_in(load))
    tell_limit(finding, *limited, load.window);
  else
    tell_own_load(finding, load);
  finding.detail += " " + where_it_goes(load);
  tell_turned_away(finding, load, thresholds);
  return finding;
}

} // namespace

std::vector<Finding> cpu_overcommitted(const ServerLoad &load, const Thresholds &thresholds)
{
  if (!is_overcommitted(load, thresholds))
    return {};
  return { finding_for(load, thresholds) };
}

} // namespace linger::diagnose
