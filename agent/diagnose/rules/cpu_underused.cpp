#include "diagnose/advice.h"
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
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::ServerKind;
using domain::Severity;

std::string remedy_for(const ServerLoad &load)
{
  const ServerKind kind = load.server->server.kind;
  if (kind == ServerKind::mod_wsgi)
    return "Start more processes (WSGIDaemonProcess processes=), up to as many as there are CPUs.";
  if (const domain::Prediction *advised = advised_in(load.server->what_if))
    return fmt::format("Start it with {}. {}", options_for(kind, advised->setting),
                       sentences_on(*load.server->what_if, *advised));
  const auto idle = static_cast<std::uint32_t>(std::max(1L, std::lround(idle_cpus(load))));
  return fmt::format(
      "Start it with {}: a process more for each CPU that has nothing to do. Threads "
      "would not help: those of one process compute one at a time. Each process "
      "holds memory of its own; --preload (uWSGI does so by itself) lets them "
      "share what is loaded before the fork.",
      options_for(kind, load.workers + idle, 0));
}

} // namespace

std::vector<Finding> cpu_underused(const ServerLoad &load, const Thresholds &thresholds)
{
  if (!underuses_cpus(load, thresholds))
    return {};
  const double idle = idle_cpus(load);
  const Nanos queued = queue_time(load.times) / static_cast<Nanos::rep>(load.requests);
  const double computing = ratio_of(load.times[Cause::on_cpu], service_time(load.times));
  Finding finding = finding_of("cpu-underused", load.server->server.master_tgid, "");
  finding.severity = Severity::warning;
  finding.title = fmt::format("Requests wait {} each for a worker while {:.1f} of {:.0f} CPUs have "
                              "nothing to do",
                              human_time(queued), idle, load.host_cpus);
  finding.detail =
      fmt::format("{} workers computed for {} of the time that they had a request, and "
                  "were busy {} of the window. Requests that came meanwhile waited, "
                  "and the CPUs that could have served them stood idle.",
                  load.workers, human_share(computing), human_share(load.utilization()));
  constexpr std::size_t most_told = 3;
  for (const EndpointReport *endpoint : computing_in(load)) {
    if (finding.endpoints.size() == most_told)
      break;
    const auto requests = static_cast<Nanos::rep>(std::max<std::uint64_t>(1, endpoint->requests));
    finding.endpoints.push_back(domain::endpoint_name(*endpoint));
    cite_time(finding, fmt::format("{} on a CPU, mean per request", finding.endpoints.back()),
              endpoint->times[Cause::on_cpu] / requests);
  }
  finding.remedy = remedy_for(load);
  finding.effect.request_seconds_per_second = ratio_of(queue_time(load.times), load.window);
  cite_time(finding, "queue, mean", queued);
  cite_count(finding, "CPUs with nothing to do, mean", idle, "CPUs");
  cite_count(finding, "CPUs of the host", load.host_cpus, "CPUs");
  cite_count(finding, "workers", load.workers, "workers");
  cite_share(finding, "utilization of the workers", load.utilization());
  cite_share(finding, "computing part of the time in a worker", computing);
  cite_prediction(finding, load);
  tell_turned_away(finding, load, thresholds);
  return { finding };
}

} // namespace linger::diagnose
