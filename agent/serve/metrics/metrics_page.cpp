#include "serve/metrics/metrics_page.h"

#include "serve/escape.h"

#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>

namespace linger::serve {
namespace {

using domain::EndpointReport;
using domain::Nanos;
using domain::ServerReport;
using domain::WorkerReport;

/// Those that OpenTelemetry recommends for http.server.request.duration
/// (https://opentelemetry.io/docs/specs/semconv/http/http-metrics/).
const std::vector<double> bounds_seconds{ 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25,
                                          0.5,   0.75, 1,     2.5,  5,     7.5, 10 };

double seconds(Nanos span)
{
  return static_cast<double>(span.count()) * 1e-9;
}

Labels plus(Labels labels, std::string_view name, std::string value)
{
  labels.emplace_back(name, std::move(value));
  return labels;
}

const char *name_of(domain::WorkerState state)
{
  switch (state) {
    case domain::WorkerState::idle:
      return "idle";
    case domain::WorkerState::busy:
      return "busy";
    case domain::WorkerState::blocked:
      return "blocked";
    case domain::WorkerState::exited:
    case domain::WorkerState::unknown:
      break;
  }
  return "unknown";
}

/// One scrape. The names of servers are looked up for what belongs to them.
class Page {
public:
  Page(const domain::Report &totals, MetricSink &sink) : totals_(totals), sink_(sink)
  {
    for (const ServerReport &server : totals.servers)
      apps_[server.server.master_tgid] = valid_utf8(server.server.app);
  }

  void tell_endpoints(const std::vector<EndpointReport> &endpoints);
  void tell_findings(const std::vector<domain::Finding> &findings);
  void tell_workers();
  void tell_servers();
  void tell_agent();

private:
  [[nodiscard]] Labels labels_of(std::uint32_t master) const;
  [[nodiscard]] Labels labels_of(const EndpointReport &endpoint) const;
  template <typename Tell>
  void each_worker(const Tell &tell);
  void tell_memory_kept(const std::vector<EndpointReport> &endpoints);

  const domain::Report &totals_;
  MetricSink &sink_;
  std::map<std::uint32_t, std::string> apps_; // by master
};

Labels Page::labels_of(std::uint32_t master) const
{
  const auto app = apps_.find(master);
  return { { "app", app == apps_.end() ? "" : app->second },
           { "master_tgid", std::to_string(master) } };
}

Labels Page::labels_of(const EndpointReport &endpoint) const
{
  Labels labels = labels_of(endpoint.server);
  labels.emplace_back("http.request.method", valid_utf8(endpoint.method));
  labels.emplace_back("http.route", valid_utf8(endpoint.route));
  return labels;
}

void Page::tell_endpoints(const std::vector<EndpointReport> &endpoints)
{
  sink_.family("http.server.request.duration", MetricType::histogram, "seconds",
               "Wall time of requests, from the completed connection or the arrival of their first "
               "byte to the last byte of the response.");
  for (const EndpointReport &endpoint : endpoints) {
    std::vector<std::uint64_t> at_most;
    for (const double bound : bounds_seconds)
      at_most.push_back(
          endpoint.wall_ns.count_at_most(static_cast<std::uint64_t>(std::llround(bound * 1e9))));
    std::vector<MetricExemplar> exemplars;
    for (const domain::Exemplar &exemplar : endpoint.exemplars)
      exemplars.push_back({ .value = seconds(exemplar.wall),
                            .trace = exemplar.trace,
                            .time = totals_.clock.to_wall(exemplar.time) });
    sink_.histogram(labels_of(endpoint), bounds_seconds, at_most, endpoint.wall_ns.count(),
                    seconds(endpoint.times.wall()), exemplars);
  }

  sink_.family("linger.endpoint.time", MetricType::counter, "seconds",
               "The same by cause: for one endpoint all causes add up to its wall time.");
  for (const EndpointReport &endpoint : endpoints) {
    for (const domain::Cause cause : domain::all_causes()) {
      if (endpoint.times[cause] != Nanos::zero())
        sink_.sample(plus(labels_of(endpoint), "cause", std::string{ name_of(cause) }),
                     seconds(endpoint.times[cause]));
    }
  }

  sink_.family("linger.endpoint.throttled", MetricType::counter, "seconds",
               "The part of the run-queue time in which the workers' control groups had used up "
               "their CPU time.");
  for (const EndpointReport &endpoint : endpoints)
    sink_.sample(labels_of(endpoint), seconds(endpoint.throttled));

  sink_.family("linger.endpoint.errors", MetricType::counter, "",
               "Requests whose response had a status of 500 or above.");
  for (const EndpointReport &endpoint : endpoints)
    sink_.sample(labels_of(endpoint), endpoint.errors);

  tell_memory_kept(endpoints);
}

void Page::tell_memory_kept(const std::vector<EndpointReport> &endpoints)
{
  sink_.family("linger.endpoint.retained", MetricType::gauge, "bytes",
               "Memory that one request leaves behind, mean since the agent started: the estimate "
               "and the bounds that hold with 95 %.");
  for (const EndpointReport &endpoint : endpoints) {
    const domain::EndpointMemory &memory = endpoint.memory;
    if (memory.tier == domain::MemoryTier::none)
      continue;
    const Labels labels = labels_of(endpoint);
    sink_.sample(plus(labels, "bound", "low"), memory.low);
    sink_.sample(plus(labels, "bound", "estimate"), memory.retained_bytes_per_request);
    sink_.sample(plus(labels, "bound", "high"), memory.high);
  }
}

void Page::tell_findings(const std::vector<domain::Finding> &findings)
{
  sink_.family("linger.findings", MetricType::gauge, "",
               "1 for each rule and endpoint with a finding in the latest window.");
  std::map<std::vector<std::string>, Labels> told; // no series twice
  for (const domain::Finding &finding : findings) {
    Labels labels = labels_of(finding.server);
    labels.emplace_back("rule", finding.rule);
    labels.emplace_back("severity", name_of(finding.severity));
    labels.emplace_back("endpoint",
                        finding.endpoints.empty() ? "" : valid_utf8(finding.endpoints.front()));
    std::vector<std::string> key;
    for (const auto &[name, value] : labels)
      key.push_back(value);
    told.emplace(std::move(key), std::move(labels));
  }
  for (const auto &[key, labels] : told)
    sink_.sample(labels, std::uint64_t{ 1 });
}

template <typename Tell>
void Page::each_worker(const Tell &tell)
{
  for (const ServerReport &server : totals_.servers) {
    for (const WorkerReport &worker : server.workers) {
      Labels labels = labels_of(server.server.master_tgid);
      labels.emplace_back("worker_tgid", std::to_string(worker.tgid));
      tell(labels, worker);
    }
  }
}

void Page::tell_workers()
{
  sink_.family("linger.worker.requests", MetricType::counter, "", "Requests that ended.");
  each_worker([&](const Labels &labels, const WorkerReport &worker) {
    sink_.sample(labels, worker.requests);
  });

  sink_.family("linger.worker.time", MetricType::counter, "seconds",
               "Time of the worker's requests by cause.");
  each_worker([&](const Labels &labels, const WorkerReport &worker) {
    for (const domain::Cause cause : domain::all_causes()) {
      if (worker.times[cause] != Nanos::zero())
        sink_.sample(plus(labels, "cause", std::string{ name_of(cause) }),
                     seconds(worker.times[cause]));
    }
  });

  sink_.family("linger.worker.state", MetricType::gauge, "",
               "1 for what the worker does at this moment: idle, busy, blocked or unknown.");
  each_worker([&](const Labels &labels, const WorkerReport &worker) {
    sink_.sample(plus(labels, "state", name_of(worker.state)), std::uint64_t{ 1 });
  });

  sink_.family("linger.worker.open_request", MetricType::gauge, "seconds",
               "Age of the oldest request that the worker has not answered; 0 without one.");
  each_worker([&](const Labels &labels, const WorkerReport &worker) {
    sink_.sample(labels, seconds(worker.open_request));
  });

  sink_.family("linger.worker.resident_memory", MetricType::gauge, "bytes",
               "Resident set by kind: anonymous, file or shared.");
  each_worker([&](const Labels &labels, const WorkerReport &worker) {
    sink_.sample(plus(labels, "kind", "anonymous"), worker.memory.anonymous_bytes);
    sink_.sample(plus(labels, "kind", "file"), worker.memory.file_bytes);
    sink_.sample(plus(labels, "kind", "shared"), worker.memory.shared_bytes);
  });

  sink_.family(
      "linger.worker.proportional_memory", MetricType::gauge, "bytes",
      "Resident set with each page divided by the number of processes that have it; nothing "
      "before the first look.");
  each_worker([&](const Labels &labels, const WorkerReport &worker) {
    if (worker.memory.proportional_bytes > 0)
      sink_.sample(labels, worker.memory.proportional_bytes);
  });

  sink_.family("linger.worker.memory.limit", MetricType::gauge, "bytes",
               "The memory that its control group may have; nothing where that is not limited.");
  each_worker([&](const Labels &labels, const WorkerReport &worker) {
    if (worker.memory.limit)
      sink_.sample(labels, worker.memory.limit->limit_bytes);
  });

  sink_.family("linger.worker.memory.limit_used", MetricType::gauge, "bytes",
               "What the whole of that group has, less the files' pages that would go first.");
  each_worker([&](const Labels &labels, const WorkerReport &worker) {
    if (worker.memory.limit)
      sink_.sample(labels, worker.memory.limit->used_bytes);
  });

  sink_.family(
      "linger.worker.connections", MetricType::gauge, "",
      "Outgoing connections that the worker holds, by the cause that waiting on them has.");
  each_worker([&](const Labels &labels, const WorkerReport &worker) {
    std::map<std::string, std::uint64_t> open;
    for (const domain::PeerReport &peer : worker.connections)
      open[std::string{ name_of(peer.peer.cause) }] += peer.open;
    for (const auto &[cause, count] : open)
      sink_.sample(plus(labels, "cause", cause), count);
  });
}

void Page::tell_servers()
{
  sink_.family("linger.server", MetricType::info, "", "What the server is and how it was started.");
  for (const ServerReport &server : totals_.servers) {
    Labels labels = labels_of(server.server.master_tgid);
    labels.emplace_back("kind", name_of(server.server.kind));
    labels.emplace_back("worker_class", valid_utf8(server.server.worker_class));
    labels.emplace_back("python_version", valid_utf8(server.server.python_version));
    labels.emplace_back("listen",
                        valid_utf8(fmt::format("{}", fmt::join(server.server.listen, ","))));
    // Not "pod" and the like: those are the agent's own, as its scraper labels it.
    const domain::Container &container = server.server.container;
    labels.emplace_back("container_id", valid_utf8(container.id));
    labels.emplace_back("container_runtime", valid_utf8(container.runtime));
    labels.emplace_back("pod_namespace", valid_utf8(container.pod_namespace));
    labels.emplace_back("pod_name", valid_utf8(container.pod));
    labels.emplace_back("pod_container", valid_utf8(container.name));
    labels.emplace_back("workload", valid_utf8(container.workload));
    sink_.sample(labels, std::uint64_t{ 1 });
  }

  sink_.family("linger.server.workers", MetricType::gauge, "", "Workers that live.");
  for (const ServerReport &server : totals_.servers)
    sink_.sample(labels_of(server.server.master_tgid), std::uint64_t{ server.workers.size() });

  sink_.family("linger.server.worker_restarts", MetricType::counter, "",
               "Workers that took the place of one that ended.");
  for (const ServerReport &server : totals_.servers) {
    if (!server.workers.empty()) // each knows the server's
      sink_.sample(labels_of(server.server.master_tgid),
                   std::uint64_t{ server.workers.front().restarts });
  }

  sink_.family("linger.listen_queue.length", MetricType::gauge, "",
               "Connections that no worker has accepted yet.");
  for (const ServerReport &server : totals_.servers) {
    for (const domain::ListenQueueReport &queue : server.listen_queues)
      sink_.sample(plus(labels_of(server.server.master_tgid), "listen", queue.address),
                   std::uint64_t{ queue.length });
  }
  sink_.family("linger.listen_queue.limit", MetricType::gauge, "",
               "The most there may be, as the kernel has it.");
  for (const ServerReport &server : totals_.servers) {
    for (const domain::ListenQueueReport &queue : server.listen_queues)
      sink_.sample(plus(labels_of(server.server.master_tgid), "listen", queue.address),
                   std::uint64_t{ queue.limit });
  }
}

void Page::tell_agent()
{
  const domain::Coverage &coverage = totals_.coverage;
  const auto counter = [&](std::string_view name, std::string_view help, std::uint64_t value) {
    sink_.family(name, MetricType::counter, "", help);
    sink_.sample({}, value);
  };
  counter("linger.agent.requests.seen", "Requests that were seen whole, on all servers.",
          coverage.requests_seen);
  counter("linger.agent.requests.broken",
          "Requests without a status or that are no HTTP: cut off, or not understood.",
          coverage.requests_broken);
  counter("linger.agent.requests.lost", "Requests that found no room on their way to the agent.",
          coverage.requests_lost);
  counter("linger.agent.records.lost", "Records of any kind that found no room.",
          coverage.records_lost);

  sink_.family("linger.agent.cpu", MetricType::counter, "seconds",
               "CPU time of the agent's own process.");
  sink_.sample({}, seconds(coverage.agent_cpu));
  sink_.family("linger.agent.bpf.run", MetricType::counter, "seconds",
               "Time that the probes ran in the kernel.");
  sink_.sample({}, seconds(coverage.bpf_run));
  sink_.family("linger.agent.resident_memory", MetricType::gauge, "bytes",
               "The agent's own resident set.");
  sink_.sample({}, coverage.agent_rss_bytes);
}

} // namespace

void MetricsPage::tell(const domain::Report &totals, const std::vector<domain::Finding> &findings,
                       MetricSink &sink)
{
  Page page{ totals, sink };
  page.tell_endpoints(told_.of(totals.endpoints));
  page.tell_findings(findings);
  page.tell_workers();
  page.tell_servers();
  page.tell_agent();
}

} // namespace linger::serve
