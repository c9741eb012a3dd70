#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "diagnose/words.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::Severity;
using domain::SiteReport;

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

/// Where an endpoint waits for one cause. Null when no single wait was long enough to be recorded.
const SiteReport *main_site(const EndpointReport &endpoint, Cause cause)
{
  const auto site = std::ranges::find(endpoint.sites, cause, &SiteReport::cause);
  return site == endpoint.sites.end() ? nullptr : &*site;
}

/// What a request asks over and over, as far as that is known. Null when it is not.
const SiteReport *repeated_site(const EndpointReport &endpoint, Cause cause)
{
  const SiteReport *most = nullptr;
  for (const SiteReport &site : endpoint.sites) {
    if (site.cause == cause && !site.statement.empty() &&
        (most == nullptr ||
         std::pair(site.repeated, site.waits) > std::pair(most->repeated, most->waits)))
      most = &site;
  }
  return most;
}

/// What an endpoint waits for most, in the words of its finding.
struct Blocked {
  Cause cause = Cause::other;
  /// Null when no wait for it was recorded.
  const SiteReport *site = nullptr;
  double calls_per_request = 0;
  /// Mean time of one; 0 where there are none to count.
  Nanos call{};
  /// They are a loop that asks one by one.
  bool loop = false;
};

Blocked blocked_on(const EndpointReport &endpoint, const Thresholds &thresholds)
{
  Blocked blocked{ .cause = dominant_cause(endpoint.times) };
  blocked.site = main_site(endpoint, blocked.cause);
  const std::uint64_t calls = endpoint.calls.of(blocked.cause);
  if (calls == 0)
    return blocked;
  blocked.calls_per_request = static_cast<double>(calls) / static_cast<double>(endpoint.requests);
  blocked.call = Nanos{ static_cast<Nanos::rep>(
      static_cast<std::uint64_t>(endpoint.times[blocked.cause].count()) / calls) };
  blocked.loop =
      blocked.calls_per_request >= static_cast<double>(thresholds.blocking_loop_min_calls) &&
      blocked.call <= Nanos{ thresholds.blocking_loop_max_call_ns };
  if (blocked.loop) {
    if (const SiteReport *repeated = repeated_site(endpoint, blocked.cause))
      blocked.site = repeated;
  }
  return blocked;
}

/// "127.0.0.1:5432 (postgresql), from shop/cart.py:31 in show, for "SELECT ?"".
std::string place_of(const SiteReport &site)
{
  std::string place = site.what;
  if (!site.code.empty())
    place += ", from " + site.code;
  if (!site.statement.empty())
    place += ", for \"" + site.statement + "\"";
  return place;
}

/// The advice for a loop; empty where there is none beyond what remedy_for() says.
std::string loop_remedy_for(const Blocked &blocked)
{
  const std::string asks = fmt::format(
      "A request asks {} {:.3g} times, {} each: ask for all at once what a loop asks for "
      "one by one (the N+1 pattern)",
      blocked.cause == Cause::database ? "the database" : "the cache", blocked.calls_per_request,
      human_time(blocked.call));
  const std::string repeated =
      blocked.site && !blocked.site->statement.empty()
          ? fmt::format(" Of these calls, this one is known: {}.", place_of(*blocked.site))
          : "";
  if (blocked.cause == Cause::database)
    return asks +
           ": a join or WHERE id = ANY(...), in Django select_related or prefetch_related, in "
           "SQLAlchemy selectinload." +
           repeated;
  if (blocked.cause == Cause::cache)
    return asks + ": MGET, or a pipeline." + repeated;
  return {};
}

std::string remedy_for(const Blocked &blocked)
{
  const std::string at = blocked.site ? " (" + place_of(*blocked.site) + ")" : "";
  if (blocked.loop) {
    if (std::string remedy = loop_remedy_for(blocked); !remedy.empty())
      return remedy;
  }
  switch (blocked.cause) {
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

void cite_sites(Finding &finding, const EndpointReport &endpoint, Cause cause)
{
  constexpr int most_cited = 3;
  int cited = 0;
  for (const SiteReport &site : endpoint.sites) {
    if (site.cause == cause && ++cited <= most_cited)
      cite_time(finding, fmt::format("waits at {}, {} in all, longest", place_of(site), site.waits),
                site.max);
  }
}

/// Opening a connection costs round trips and, with PostgreSQL, a process.
void tell_unpooled(Finding &finding, const EndpointReport &endpoint, Cause cause)
{
  constexpr double nearly_all = 0.9;
  const double opened =
      static_cast<double>(endpoint.opened.of(cause)) / static_cast<double>(endpoint.requests);
  if (opened < nearly_all || (cause != Cause::database && cause != Cause::cache))
    return;
  finding.detail += fmt::format(" A request opens {:.3g} connections of its own to {}.", opened,
                                cause == Cause::database ? "the database" : "the cache");
  finding.remedy +=
      cause == Cause::database
          ? " And keep connections instead of opening one for each request: a pool in each process "
            "with as many as it has threads (SQLAlchemy's engine has one unless "
            "poolclass=NullPool; "
            "psycopg_pool; in Django CONN_MAX_AGE)."
          : " And keep connections instead of opening one for each request: one client object a "
            "process, which has a pool (redis.Redis at module level).";
  cite_count(finding, fmt::format("{} connections opened per request", domain::name_of(cause)),
             opened, "connections");
}

Finding finding_for(const EndpointReport &endpoint, const ServerLoad &load,
                    const Thresholds &thresholds)
{
  const auto requests = static_cast<Nanos::rep>(endpoint.requests);
  const Nanos blocked = outside_time(endpoint.times);
  const Nanos service = service_time(endpoint.times);
  const Blocked most = blocked_on(endpoint, thresholds);
  const Cause cause = most.cause;
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
      most.site ? " at " + most.site->what : "", human_time(blocked), human_time(load.window),
      human_share(share_of_server));
  finding.remedy = remedy_for(most);
  finding.effect.request_seconds_per_second = ratio_of(blocked, load.window);

  cite_count(finding, "requests", static_cast<double>(endpoint.requests), "requests");
  cite_time(finding, "time in a worker per request, mean", service / requests);
  cite_time(finding, "blocked per request, mean", blocked / requests);
  cite_time(finding, fmt::format("{} per request, mean", domain::name_of(cause)),
            endpoint.times[cause] / requests);
  cite_share(finding, "blocked part of the time in a worker", ratio_of(blocked, service));
  cite_time(finding, "worker time spent blocked", blocked);
  cite_share(finding, "part of the server's worker time", share_of_server);
  if (most.calls_per_request > 0) {
    cite_count(finding, fmt::format("{} calls per request, mean", domain::name_of(cause)),
               most.calls_per_request, "calls");
    cite_time(finding, fmt::format("{} call, mean", domain::name_of(cause)), most.call);
  }
  tell_unpooled(finding, endpoint, cause);
  cite_sites(finding, endpoint, cause);
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
        ratio_of(blocked, service_time(endpoint->times)) < thresholds.blocking_min_ratio ||
        waits_for_clients(*endpoint, thresholds))
      continue;
    findings.push_back(finding_for(*endpoint, load, thresholds));
  }
  return findings;
}

} // namespace linger::diagnose
