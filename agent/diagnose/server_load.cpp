#include "diagnose/server_load.h"

#include <algorithm>
#include <functional>
#include <iterator>

namespace linger::diagnose {

using domain::Cause;
using domain::CauseTimes;
using domain::Nanos;

double ServerLoad::utilization() const
{
  return threads() == 0 ? 0 : std::clamp(busy_threads / threads(), 0.0, 1.0);
}

Nanos ServerLoad::capacity() const
{
  const Nanos::rep most_ns = Nanos::max().count() / std::max(1U, threads());
  return window.count() > most_ns ? Nanos::max() : window * threads();
}

double ServerLoad::cpu_ratio() const
{
  // Whoever waits for a CPU or for the interpreter would compute if he could.
  const Nanos running = domain::saturating_sum(times[Cause::on_cpu], times[Cause::run_queue]);
  return ratio_of(domain::saturating_sum(running, times[Cause::gil]), service_time(times));
}

double ServerLoad::blocked_ratio() const
{
  return ratio_of(outside_time(times), service_time(times));
}

Nanos service_time(const CauseTimes &times)
{
  return times.wall() - times[Cause::accept_queue] - times[Cause::event_loop];
}

Nanos queue_time(const CauseTimes &times)
{
  return domain::saturating_sum(times[Cause::accept_queue], times[Cause::event_loop]);
}

bool is_outside(Cause cause)
{
  switch (cause) {
    case Cause::client_read:
    case Cause::client_write:
    case Cause::database:
    case Cause::cache:
    case Cause::upstream:
    case Cause::dns:
    case Cause::disk:
    case Cause::sleep:
    case Cause::child:
      return true;
    default:
      return false;
  }
}

Nanos outside_time(const CauseTimes &times)
{
  Nanos sum{};
  for (const Cause cause : domain::all_causes()) {
    if (is_outside(cause))
      sum = domain::saturating_sum(sum, times[cause]);
  }
  return sum;
}

double ratio_of(Nanos part, Nanos whole)
{
  return whole <= Nanos::zero()
             ? 0
             : static_cast<double>(part.count()) / static_cast<double>(whole.count());
}

std::vector<ServerLoad> server_loads(const domain::Report &report)
{
  std::vector<ServerLoad> loads;
  for (const domain::ServerReport &server : report.servers) {
    ServerLoad &load = loads.emplace_back();
    load.server = &server;
    load.window = report.window.length();
    load.threads_per_worker = std::max(1U, server.server.threads_per_worker);
    load.host_cpus = ratio_of(report.coverage.host_cpu, load.window);
    load.host_available_bytes = report.coverage.host_available_bytes;
    for (const domain::ListenQueueReport &queue : server.listen_queues)
      load.turned_away += queue.dropped;
    std::uint32_t alive = 0;
    for (const domain::WorkerReport &worker : server.workers) {
      load.busy_threads += worker.utilization * load.threads_per_worker;
      alive += worker.state == domain::WorkerState::exited ? 0 : 1;
    }
    // TTIN and TTOU change the number of workers without a word in the configuration.
    load.workers = alive != 0 ? alive : server.server.workers_configured;
    for (const domain::EndpointReport &endpoint : report.endpoints) {
      if (endpoint.server != server.server.master_tgid)
        continue;
      load.endpoints.push_back(&endpoint);
      load.requests += endpoint.requests;
      load.times += endpoint.times;
      load.accept_queue_ns.merge(endpoint.accept_queue_ns);
    }
    const Nanos overhead =
        domain::saturating_sum(report.coverage.agent_cpu, report.coverage.bpf_run);
    if (report.coverage.requests_seen != 0)
      load.overhead_cpus = ratio_of(overhead, load.window) *
                           std::min(1.0, static_cast<double>(load.requests) /
                                             static_cast<double>(report.coverage.requests_seen));
    const Nanos by_others = report.coverage.host_busy - load.times[Cause::on_cpu];
    load.others_cpus = ratio_of(std::max(Nanos::zero(), by_others), load.window);
  }
  return loads;
}

double runnable_threads(const CauseTimes &times, Nanos window)
{
  return ratio_of(domain::saturating_sum(times[Cause::on_cpu], times[Cause::run_queue]), window);
}

double running_threads(const CauseTimes &times, Nanos window)
{
  return ratio_of(times[Cause::on_cpu], window);
}

std::vector<const domain::EndpointReport *> computing_in(const ServerLoad &load)
{
  std::vector<const domain::EndpointReport *> endpoints;
  std::ranges::copy_if(load.endpoints, std::back_inserter(endpoints), [](const auto *endpoint) {
    return endpoint->times[Cause::on_cpu] > Nanos::zero();
  });
  std::ranges::stable_sort(endpoints, std::ranges::greater{},
                           [](const auto *endpoint) { return endpoint->times[Cause::on_cpu]; });
  return endpoints;
}

bool is_overcommitted(const ServerLoad &load, const Thresholds &thresholds)
{
  const Nanos waiting = load.times[Cause::run_queue];
  return load.requests > 0 && load.requests >= thresholds.cpu_min_requests &&
         waiting / static_cast<Nanos::rep>(load.requests) >=
             Nanos{ thresholds.cpu_min_wait_mean_ns } &&
         ratio_of(waiting, service_time(load.times)) >= thresholds.cpu_min_wait_ratio;
}

Nanos client_time(const domain::EndpointReport &endpoint)
{
  return domain::saturating_sum(endpoint.times[Cause::client_read],
                                endpoint.times[Cause::client_write]);
}

bool waits_for_clients(const domain::EndpointReport &endpoint, const Thresholds &thresholds)
{
  const Nanos waiting = client_time(endpoint);
  return endpoint.requests != 0 && endpoint.requests >= thresholds.client_min_requests &&
         waiting / static_cast<Nanos::rep>(endpoint.requests) >=
             Nanos{ thresholds.client_min_wait_mean_ns } &&
         ratio_of(waiting, service_time(endpoint.times)) >= thresholds.client_min_wait_ratio;
}

bool waits_to_be_accepted(const ServerLoad &load, const Thresholds &thresholds)
{
  return load.accept_queue_ns.count() >= thresholds.queue_min_connections &&
         static_cast<std::int64_t>(load.accept_queue_ns.quantile(0.9)) >=
             thresholds.queue_min_p90_ns &&
         ratio_of(load.times[Cause::accept_queue], load.times.wall()) >= thresholds.queue_min_ratio;
}

bool waits_for_threads(const ServerLoad &load, const Thresholds &thresholds)
{
  const Nanos queued = queue_time(load.times);
  return load.requests > 0 &&
         queued / static_cast<Nanos::rep>(load.requests) >=
             Nanos{ thresholds.saturated_min_accept_queue_p90_ns } &&
         ratio_of(queued, load.times.wall()) >= thresholds.queue_min_ratio;
}

double idle_cpus(const ServerLoad &load)
{
  if (load.host_cpus <= 0)
    return 0;
  double idle = load.host_cpus - load.others_cpus - running_threads(load.times, load.window);
  for (const domain::WorkerReport &worker : load.server->workers) {
    if (worker.cpu_limit && worker.cpu_limit->quota > Nanos::zero())
      idle = std::min(idle, ratio_of(worker.cpu_limit->quota, worker.cpu_limit->period) -
                                running_threads(load.times, load.window));
  }
  return std::max(0.0, idle);
}

bool underuses_cpus(const ServerLoad &load, const Thresholds &thresholds)
{
  if (!domain::has_request_threads(load.server->server) || load.workers == 0 ||
      load.requests < std::max<std::uint64_t>(1, thresholds.underused_min_requests) ||
      is_overcommitted(load, thresholds))
    return false;
  const bool queues = waits_to_be_accepted(load, thresholds) || waits_for_threads(load, thresholds);
  // Threads of one process compute one at a time: gil-contention tells of those.
  const bool held_by_gil = load.times[Cause::gil] > load.times[Cause::on_cpu] / 4;
  return queues && !held_by_gil &&
         ratio_of(load.times[Cause::on_cpu], service_time(load.times)) >=
             thresholds.underused_min_computing_ratio &&
         idle_cpus(load) >= thresholds.underused_min_idle_cpus;
}

bool is_saturated(const ServerLoad &load, const Thresholds &thresholds)
{
  // How many threads a process of mod_wsgi has stands in Apache's configuration alone.
  if (!domain::has_request_threads(load.server->server) || load.workers == 0 ||
      load.server->server.kind == domain::ServerKind::mod_wsgi ||
      load.requests < thresholds.saturated_min_requests ||
      load.cpu_ratio() >= thresholds.saturated_max_cpu_ratio)
    return false;
  const auto queued = static_cast<std::int64_t>(load.accept_queue_ns.quantile(0.9));
  return load.utilization() >= thresholds.saturated_min_utilization_ratio ||
         queued >= thresholds.saturated_min_accept_queue_p90_ns ||
         waits_for_threads(load, thresholds);
}

} // namespace linger::diagnose
