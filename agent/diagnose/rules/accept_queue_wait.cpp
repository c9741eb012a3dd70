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
using domain::ListenQueueReport;
using domain::Nanos;
using domain::ServerKind;
using domain::Severity;

// Backlogs are raised to this, Gunicorn's own default; a longer queue is no help.
constexpr std::uint32_t ample_backlog = 2048;

Nanos queue_quantile(const ServerLoad &load, double rank)
{
  return Nanos{ static_cast<Nanos::rep>(load.accept_queue_ns.quantile(rank)) };
}

double queue_ratio(const ServerLoad &load)
{
  return ratio_of(load.times[Cause::accept_queue], load.times.wall());
}

/// Another finding names why the workers come too late, and tells what was turned away.
bool is_explained(const ServerLoad &load, const Thresholds &thresholds)
{
  return is_saturated(load, thresholds) || is_overcommitted(load, thresholds) ||
         underuses_cpus(load, thresholds) || !blocked_event_loop(load, thresholds).empty();
}

/// The address at which most was turned away; there is one.
const ListenQueueReport &fullest(const ServerLoad &load)
{
  return *std::ranges::max_element(load.server->listen_queues, {}, &ListenQueueReport::dropped);
}

std::string backlog_option(ServerKind kind)
{
  switch (kind) {
    case ServerKind::uwsgi:
      return "--listen";
    case ServerKind::waitress:
      return "--backlog=";
    case ServerKind::mod_wsgi:
      return "WSGIDaemonProcess listen-backlog=";
    default:
      return "--backlog";
  }
}

std::string longer_backlog(const ListenQueueReport &queue, const domain::Server &server)
{
  if (queue.limit >= ample_backlog)
    return fmt::format("A longer backlog than {} is no help: have the proxy in front limit how "
                       "many connect at once, or start more workers.",
                       queue.limit);
  const std::string option = backlog_option(server.kind);
  return fmt::format("Give the bursts room: {}{}{}, with the kernel's own limit at least as high "
                     "(sysctl net.core.somaxconn={}; in a container, its own). The backlog is {} "
                     "now. Connections kept open by the proxy in front (nginx: upstream keepalive) "
                     "make the bursts smaller.",
                     option, option.ends_with('=') ? "" : " ", ample_backlog, ample_backlog,
                     queue.limit);
}

std::string overflow_remedy(const ServerLoad &load, const Thresholds &thresholds)
{
  if (load.utilization() >= thresholds.saturated_min_utilization_ratio)
    return "The workers had no time to accept, so a longer backlog would only be a longer wait. "
           "See what their requests wait for (`linger watch workers`, the open requests in this "
           "report), give those waits a timeout, and start more workers.";
  return longer_backlog(fullest(load), load.server->server);
}

Finding overflow_finding(const ServerLoad &load, const Thresholds &thresholds)
{
  const ListenQueueReport &queue = fullest(load);
  Finding finding = finding_of("accept-queue-wait", load.server->server.master_tgid, "");
  finding.severity = Severity::critical;
  finding.title = fmt::format("The kernel turned {} attempts to connect away, because the accept "
                              "queue was full",
                              load.turned_away);
  finding.detail = fmt::format(
      "{} has room for {} connections that wait for a worker; at a look once a second up to {} "
      "waited. In {} {} more came and were turned away, most of them for want of room. A client "
      "tries again by itself, after a second the first time. The workers were busy {} of the time.",
      queue.address, queue.limit, queue.max_length, human_time(load.window), load.turned_away,
      human_share(load.utilization()));
  finding.remedy = overflow_remedy(load, thresholds);
  finding.effect.request_seconds_per_second = ratio_of(queue_time(load.times), load.window);
  cite_count(finding, "connections turned away", static_cast<double>(load.turned_away), "attempts");
  cite_count(finding, fmt::format("backlog of {}", queue.address), static_cast<double>(queue.limit),
             "connections");
  cite_count(finding, "most that were seen waiting", static_cast<double>(queue.max_length),
             "connections");
  cite_time(finding, "accept queue, p90", queue_quantile(load, 0.9));
  cite_share(finding, "utilization of the workers", load.utilization());
  return finding;
}

/// The endpoint that took the most worker time.
const EndpointReport &busiest(const ServerLoad &load)
{
  return **std::ranges::max_element(load.endpoints, {}, [](const EndpointReport *endpoint) {
    return service_time(endpoint->times);
  });
}

std::string faster(const ServerLoad &load)
{
  const EndpointReport &endpoint = busiest(load);
  std::string text = fmt::format(
      "{} takes most of the workers' time, {} a request", domain::endpoint_name(endpoint),
      human_time(service_time(endpoint.times) /
                 static_cast<Nanos::rep>(std::max<std::uint64_t>(1, endpoint.requests))));
  const auto site = std::ranges::find_if(endpoint.sites, [](const domain::SiteReport &one) {
    return one.cause == Cause::on_cpu && !one.code.empty();
  });
  if (site != endpoint.sites.end())
    text += ", most of its CPU time at " + site->code;
  return text + ": what makes it faster shortens the queue.";
}

std::string wait_remedy(const ServerLoad &load, const Thresholds &thresholds)
{
  const domain::Server &server = load.server->server;
  if (const domain::Prediction *advised = advised_in(load.server->what_if))
    return fmt::format("Start it with {}. {} {}", options_for(server.kind, advised->setting),
                       sentences_on(*load.server->what_if, *advised), faster(load));
  if (load.workers == 0 || server.kind == ServerKind::mod_wsgi ||
      server.kind == ServerKind::waitress)
    return "Start more processes. " + faster(load);
  // An event loop has many requests at once; how many loops it takes is not known.
  const std::uint32_t wanted =
      domain::runs_event_loops(server)
          ? load.workers + 1
          : divided_up(needed_threads(load, thresholds), load.threads_per_worker);
  const auto cpus = static_cast<std::uint32_t>(std::lround(load.host_cpus));
  const std::uint32_t needed = std::max(wanted, load.workers + 1);
  if (cpus != 0 && load.workers >= cpus)
    return fmt::format("There are {} workers on {} CPUs already, and more would wait for a CPU "
                       "instead. {}",
                       load.workers, cpus, faster(load));
  return fmt::format("The requests get the CPU when they want it, so more processes serve more at "
                     "a time: start it with {}. (Threads of one process compute one at a time.) {}",
                     options_for(server.kind, cpus == 0 ? needed : std::min(needed, cpus), 0),
                     faster(load));
}

Finding wait_finding(const ServerLoad &load, const Thresholds &thresholds)
{
  const Nanos p50 = queue_quantile(load, 0.5);
  const Nanos p90 = queue_quantile(load, 0.9);
  Finding finding = finding_of("accept-queue-wait", load.server->server.master_tgid, "");
  finding.severity = Severity::warning;
  finding.title =
      fmt::format("Connections wait {} (p90) until a worker accepts them", human_time(p90));
  finding.detail = fmt::format(
      "Of {} connections in {} half waited more than {} in the kernel and one in ten more than {}. "
      "That is {} of all the requests' time. The workers were busy {} of the time, {} of it "
      "computing or waiting to.",
      load.accept_queue_ns.count(), human_time(load.window), human_time(p50), human_time(p90),
      human_share(queue_ratio(load)), human_share(load.utilization()),
      human_share(load.cpu_ratio()));
  finding.remedy = wait_remedy(load, thresholds);
  finding.effect.request_seconds_per_second = ratio_of(queue_time(load.times), load.window);
  cite_count(finding, "connections", static_cast<double>(load.accept_queue_ns.count()),
             "connections");
  cite_time(finding, "accept queue, p50", p50);
  cite_time(finding, "accept queue, p90", p90);
  cite_share(finding, "part of the requests' time", queue_ratio(load));
  cite_share(finding, "utilization of the workers", load.utilization());
  cite_share(finding, "CPU part of the time in a worker", load.cpu_ratio());
  cite_prediction(finding, load);
  tell_turned_away(finding, load, thresholds);
  return finding;
}

} // namespace

std::vector<Finding> accept_queue_wait(const ServerLoad &load, const Thresholds &thresholds)
{
  if (is_explained(load, thresholds))
    return {};
  if (waits_to_be_accepted(load, thresholds))
    return { wait_finding(load, thresholds) };
  if (load.turned_away >= thresholds.queue_min_turned_away)
    return { overflow_finding(load, thresholds) };
  return {};
}

} // namespace linger::diagnose
