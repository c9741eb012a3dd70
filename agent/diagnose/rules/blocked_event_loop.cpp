#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "diagnose/sizing.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::Severity;
using domain::SiteReport;

/// An endpoint whose requests keep the thread to themselves, and for how long each, mean.
struct Holder {
  const EndpointReport *endpoint;
  Nanos waiting;
  Nanos computing;
  const SiteReport *site; // where most of the waiting is; null when there is none

  [[nodiscard]] Nanos held() const { return domain::saturating_sum(waiting, computing); }
};

Holder holder_of(const EndpointReport &endpoint)
{
  Holder holder{ &endpoint, {}, {}, nullptr };
  for (const SiteReport &site : endpoint.sites) {
    if (!site.held_loop)
      continue;
    holder.waiting = domain::saturating_sum(holder.waiting, site.total);
    if (holder.site == nullptr) // the sites come with the longest first
      holder.site = &site;
  }
  const auto requests = static_cast<Nanos::rep>(std::max<std::uint64_t>(1, endpoint.requests));
  holder.waiting /= requests;
  holder.computing = endpoint.times[Cause::on_cpu] / requests;
  return holder;
}

/// Those to blame, the one that held the thread for the longest in all first.
std::vector<Holder> holders_in(const ServerLoad &load, const Thresholds &thresholds)
{
  std::vector<Holder> holders;
  for (const EndpointReport *endpoint : load.endpoints) {
    const Holder holder = holder_of(*endpoint);
    if (holder.held() >= Nanos{ thresholds.loop_min_held_mean_ns })
      holders.push_back(holder);
  }
  std::ranges::stable_sort(holders, std::ranges::greater{}, [](const Holder &holder) {
    return static_cast<double>(holder.held().count()) *
           static_cast<double>(holder.endpoint->requests);
  });
  return holders;
}

std::string place_of(const SiteReport &site)
{
  return site.code.empty() ? site.what : site.what + " at " + site.code;
}

std::string sentence_on(const Holder &holder)
{
  const std::string name = domain::endpoint_name(*holder.endpoint);
  if (holder.site == nullptr)
    return fmt::format("{} computes for {} a request.", name, human_time(holder.computing));
  return fmt::format("{} holds it for {} a request, mostly in a blocking call: {} ({}).", name,
                     human_time(holder.held()), domain::name_of(holder.site->cause),
                     place_of(*holder.site));
}

std::string remedy_for_waits(const Holder &holder, const domain::Server &server)
{
  if (!domain::serves_greenlets(server))
    return fmt::format("Do not make the call ({}) on the loop's thread: await asyncio.to_thread("
                       "...) or loop.run_in_executor(...) around it, or use a library that "
                       "awaits (asyncio.sleep, httpx, asyncpg, redis.asyncio).",
                       place_of(*holder.site));
  if (holder.site->cause == Cause::database)
    return "A driver written in C does not know of greenlets: call psycogreen's patch_psycopg() "
           "(gevent or eventlet) before the first connection, use a driver written in Python, or "
           "run the query in gevent.get_hub().threadpool (eventlet.tpool).";
  return fmt::format("Make the call ({}) one that lets other greenlets run: monkey-patch before "
                     "anything else is imported (gevent.monkey.patch_all(), "
                     "eventlet.monkey_patch(); Gunicorn does so in the worker, too late for "
                     "modules that --preload or its configuration file imported), and hand what "
                     "cannot be patched to gevent.get_hub().threadpool (eventlet.tpool).",
                     place_of(*holder.site));
}

std::string remedy_for(const Holder &worst, const domain::Server &server)
{
  if (worst.site != nullptr)
    return remedy_for_waits(worst, server);
  if (domain::serves_greenlets(server))
    return "Move the computing out of the worker to a task queue, or into a pool of threads or "
           "processes (gevent.get_hub().threadpool, eventlet.tpool), or serve this endpoint with "
           "workers of class sync or gthread. gevent.sleep(0) in a long loop lets others run in "
           "between.";
  return "Move the computing out of the worker to a task queue, or into a pool: await "
         "loop.run_in_executor(process_pool, ...). asyncio.sleep(0) in a long loop lets others "
         "run in between.";
}

Finding finding_for(const std::vector<Holder> &holders, const ServerLoad &load,
                    const Thresholds &thresholds)
{
  const auto requests = static_cast<Nanos::rep>(load.requests);
  const Nanos lost = load.times[Cause::event_loop];
  const double share = ratio_of(lost, load.times.wall());
  const Holder &worst = holders.front();

  Finding finding = finding_of("blocked-event-loop", load.server->server.master_tgid, "");
  finding.severity =
      share >= thresholds.loop_critical_wait_ratio ? Severity::critical : Severity::warning;
  finding.title = fmt::format("{} holds up the event loop: a request waits {} for its turn",
                              domain::endpoint_name(*worst.endpoint), human_time(lost / requests));
  finding.effect.request_seconds_per_second = ratio_of(lost, load.window);
  finding.detail = fmt::format("{} of the requests' time goes by while another request has the "
                               "worker's thread.",
                               human_share(share));
  cite_count(finding, "requests", static_cast<double>(load.requests), "requests");
  cite_time(finding, "waiting for the thread per request, mean", lost / requests);
  cite_share(finding, "part of the requests' time", share);
  for (const Holder &holder : holders) {
    const std::string name = domain::endpoint_name(*holder.endpoint);
    finding.endpoints.push_back(name);
    finding.detail += " " + sentence_on(holder);
    cite_time(finding, fmt::format("{} keeps the thread, mean per request", name), holder.held());
    if (holder.site != nullptr)
      cite_time(finding,
                fmt::format("{} blocks at {}, {} in all, longest", name, place_of(*holder.site),
                            holder.site->waits),
                holder.site->max);
  }
  tell_turned_away(finding, load, thresholds);
  finding.remedy = remedy_for(worst, load.server->server);
  return finding;
}

} // namespace

std::vector<Finding> blocked_event_loop(const ServerLoad &load, const Thresholds &thresholds)
{
  const Nanos lost = load.times[Cause::event_loop];
  if (!domain::runs_event_loops(load.server->server) || load.requests == 0 ||
      load.requests < thresholds.loop_min_requests ||
      lost / static_cast<Nanos::rep>(load.requests) < Nanos{ thresholds.loop_min_wait_mean_ns } ||
      ratio_of(lost, load.times.wall()) < thresholds.loop_min_wait_ratio)
    return {};
  const std::vector<Holder> holders = holders_in(load, thresholds);
  if (holders.empty())
    return {};
  return { finding_for(holders, load, thresholds) };
}

} // namespace linger::diagnose
