#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::Severity;

Cause dominant_cause(const domain::CauseTimes &times)
{
  Cause dominant = Cause::other;
  Nanos most{};
  for (const Cause cause : domain::all_causes()) {
    if (is_outside(cause) && times[cause] > most) {
      most = times[cause];
      dominant = cause;
    }
  }
  return dominant;
}

/// Empty when no single wait was long enough to be recorded.
std::string main_site(const EndpointReport &endpoint, Cause cause)
{
  const auto site = std::ranges::find(endpoint.sites, cause, &domain::SiteReport::cause);
  return site == endpoint.sites.end() ? std::string{} : site->what;
}

/// "waiting for the database".
const char *waiting_for(Cause cause)
{
  switch (cause) {
    case Cause::client_read:
      return "waiting for the client to send its request";
    case Cause::client_write:
      return "waiting for the client to take the response";
    case Cause::database:
      return "waiting for the database";
    case Cause::cache:
      return "waiting for the cache";
    case Cause::upstream:
      return "waiting for another service";
    case Cause::dns:
      return "waiting for name resolution";
    case Cause::disk:
      return "waiting for files";
    case Cause::sleep:
      return "sleeping";
    case Cause::child:
      return "waiting for a child process";
    default:
      return "waiting";
  }
}

std::string remedy_for(Cause cause, const std::string &site)
{
  const std::string at = site.empty() ? "" : " (" + site + ")";
  switch (cause) {
    case Cause::client_read:
      return "Put a proxy in front that reads the whole request before it passes it on (nginx: "
             "proxy_request_buffering on, its default), or let clients upload to object storage "
             "directly. With slow clients and no proxy, threads keep the other requests moving "
             "(Gunicorn: --worker-class gthread --threads N; uWSGI: --threads N).";
    case Cause::client_write:
      return "Put a proxy in front that takes the whole response at once (nginx: proxy_buffering "
             "on, its default, with proxy_buffers that hold it), and send large files with "
             "X-Accel-Redirect instead of through Python.";
    case Cause::database:
      return "Look at the statements this endpoint sends" + at +
             ": EXPLAIN (ANALYZE, BUFFERS) the slow ones, add the missing index, and fetch in one "
             "statement what a loop fetches row by row. Set statement_timeout, so that one "
             "statement cannot hold a worker for good.";
    case Cause::cache:
      return "Look at the commands this endpoint sends" + at +
             ": join many small ones in a pipeline or MGET, avoid KEYS and large values, and set "
             "socket_timeout.";
    case Cause::upstream:
      return "Give the call" + at +
             " a timeout (requests: timeout=(1, 3)), keep its connections (one requests.Session a "
             "process), cache what may be a little old, and move what the response does not need "
             "to a task queue.";
    case Cause::dns:
      return "Keep connections open instead of resolving for each request, and run a caching "
             "resolver on the host" +
             at + ".";
    case Cause::disk:
      return "Keep what is read for each request in memory, write logs and uploads to a faster "
             "file system" +
             at + ", and leave fsync to a task queue.";
    case Cause::sleep:
      return "Take time.sleep out of the request. For a retry, answer 503 with Retry-After or hand "
             "the work to a task queue; to wait for a result, let the client poll.";
    case Cause::child:
      return "Do not wait for a subprocess in a request: hand the work to a task queue, or use a "
             "library instead of the program.";
    default:
      return "Find what this endpoint waits for in its sites.";
  }
}

Severity severity_of(double share_of_server, const ServerLoad &load, const Thresholds &thresholds)
{
  if (share_of_server < thresholds.blocking_minor_ratio)
    return Severity::info;
  return is_saturated(load, thresholds) ? Severity::critical : Severity::warning;
}

Finding finding_for(const EndpointReport &endpoint, const ServerLoad &load,
                    const Thresholds &thresholds)
{
  const auto requests = static_cast<Nanos::rep>(endpoint.requests);
  const Nanos blocked = outside_time(endpoint.times);
  const Nanos service = service_time(endpoint.times);
  const Cause cause = dominant_cause(endpoint.times);
  const std::string site = main_site(endpoint, cause);
  const double share_of_server = ratio_of(blocked, load.capacity());
  const std::string name = domain::endpoint_name(endpoint);

  Finding finding = finding_of("blocking-io-in-request", load.server->server.master_tgid, name);
  finding.severity = severity_of(share_of_server, load, thresholds);
  finding.title = fmt::format("{} spends {} of its time blocked, {} a request mostly {}", name,
                              human_share(ratio_of(blocked, service)),
                              human_time(blocked / requests), waiting_for(cause));
  finding.detail = fmt::format(
      "{} requests held a worker for {} each on average, {} of that {}{}. Together they took {} of "
      "worker time in {}, {} of what the server has; in that time those workers served nobody "
      "else.",
      endpoint.requests, human_time(service / requests),
      human_time(endpoint.times[cause] / requests), waiting_for(cause),
      site.empty() ? "" : " at " + site, human_time(blocked), human_time(load.window),
      human_share(share_of_server));
  finding.remedy = remedy_for(cause, site);

  cite_count(finding, "requests", static_cast<double>(endpoint.requests), "requests");
  cite_time(finding, "time in a worker per request, mean", service / requests);
  cite_time(finding, "blocked per request, mean", blocked / requests);
  cite_time(finding, fmt::format("{} per request, mean", domain::name_of(cause)),
            endpoint.times[cause] / requests);
  cite_share(finding, "blocked part of the time in a worker", ratio_of(blocked, service));
  cite_time(finding, "worker time spent blocked", blocked);
  cite_share(finding, "part of the server's worker time", share_of_server);
  for (const domain::SiteReport &where : endpoint.sites) {
    if (where.cause != cause || where.what != site)
      continue;
    const std::string code = where.code.empty() ? "" : fmt::format(" ({})", where.code);
    cite_time(finding, fmt::format("waits at {}{}, {} in all, longest", site, code, where.waits),
              where.max);
  }
  return finding;
}

} // namespace

std::vector<Finding> blocking_io_in_request(const ServerLoad &load, const Thresholds &thresholds)
{
  std::vector<Finding> findings;
  // There a wait holds no worker; blocked-event-loop tells of those that do.
  if (domain::runs_event_loops(load.server->server))
    return findings;
  for (const EndpointReport *endpoint : load.endpoints) {
    const Nanos blocked = outside_time(endpoint->times);
    if (endpoint->requests == 0 || endpoint->requests < thresholds.blocking_min_requests ||
        blocked / static_cast<Nanos::rep>(endpoint->requests) <
            Nanos{ thresholds.blocking_min_mean_ns } ||
        ratio_of(blocked, service_time(endpoint->times)) < thresholds.blocking_min_ratio)
      continue;
    findings.push_back(finding_for(*endpoint, load, thresholds));
  }
  return findings;
}

} // namespace linger::diagnose
