#include "app/live_host.h"

#include "app/connection_limits.h"
#include "app/known_peers.h"
#include "app/own_cost.h"
#include "collect/worker_collector.h"
#include "discover/cpu_limit.h"
#include "discover/host_cpu.h"
#include "discover/host_memory.h"
#include "discover/listen_queues.h"
#include "discover/memory_limit.h"
#include "discover/process_memory.h"
#include "discover/proportional_shares.h"
#include "discover/server_finder.h"
#include "python/pymalloc.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <optional>
#include <set>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

constexpr const char *proc = "/proc";

/// Reading every process's descriptors is dear; databases seldom move.
constexpr std::chrono::seconds peers_interval{ 30 };

class LiveHost final : public Host {
public:
  LiveHost(const Config &config, ObservationSink sink)
      : options_{ .ring_buffer_bytes = config.ring_buffer_bytes,
                  .wait_threshold = config.wait_threshold,
                  .peer_ports = config.peer_ports },
        sink_(std::move(sink)), finder_(proc, config.pod_logs)
  {
  }

  std::vector<domain::Server> find_servers() override
  {
    std::vector<domain::Server> found = finder_.find();
    if (collector_ && read_clocks().monotonic >= next_peers_)
      learn_peers();
    std::erase_if(pymalloc_, [&](const auto &reader) { return !has_worker(found, reader.first); });
    return found;
  }

  Result<domain::Server> find_server(std::uint32_t tgid) override { return finder_.find(tgid); }

  Result<> attach() override
  {
    Result<collect::WorkerCollector> collector = collect::WorkerCollector::open(
        options_, [this](const domain::Observation &observation) { pass(observation); });
    if (!collector)
      return tl::unexpected(about_probes(collector.error()));
    collector_ = std::move(*collector);
    learn_peers();
    if (const Result<> attached = collector_->attach(); !attached)
      return tl::unexpected(about_probes(attached.error()));
    return {};
  }

  Result<> watch(const domain::Server &server) override { return collector().watch(server); }

  Result<int> poll(std::chrono::milliseconds timeout) override { return collector().poll(timeout); }

  Result<> sample_threads() override { return collector().sample_threads(); }

  Result<> sample_outgoing() override { return collector().sample_outgoing(); }

  Result<std::vector<domain::CpuLimitSample>>
  sample_cpu_limits(const std::vector<std::uint32_t> &tgids) override
  {
    Result<std::vector<domain::CpuLimitSample>> limits = cpu_limits_.read(tgids);
    if (limits) {
      const domain::MonotonicTime now = read_clocks().monotonic;
      for (domain::CpuLimitSample &limit : *limits)
        limit.time = now;
    }
    return limits;
  }

  Result<> trace_allocations(const std::vector<std::uint32_t> &tgids,
                             const domain::AllocationQuery &query, domain::Nanos window) override
  {
    return collector().trace_allocations(tgids, query, window);
  }

  void end_trace() override { collector().end_trace(); }

  Result<domain::MemorySample> sample_memory(std::uint32_t tgid) override
  {
    Result<domain::MemorySample> memory = discover::read_memory(proc, tgid);
    if (memory) {
      memory->time = read_clocks().monotonic;
      memory->limit = memory_limits_.of(tgid, memory->time);
      memory->proportional_bytes = proportional_shares_.of(tgid, memory->time);
    }
    return memory;
  }

  Result<PricedLook> look_at_memory(std::uint32_t tgid) override
  {
    const domain::Nanos cpu_before = thread_cpu();
    const domain::MonotonicTime begin = read_clocks().monotonic;
    const Result<domain::MemorySample> memory = discover::read_memory(proc, tgid);
    if (!memory)
      return tl::unexpected(memory.error());
    PricedLook priced{ .look = { .tgid = tgid, .anonymous_bytes = memory->anonymous_bytes } };
    const Result<python::PymallocUse> use = read_pymalloc(tgid);
    if (use)
      priced.look.small_object_bytes = use->used_bytes;
    else if (use.error().kind != Error::Kind::not_found)
      priced.gap = use.error().what;
    priced.look.window = { begin, read_clocks().monotonic };
    priced.cost = thread_cpu() - cpu_before;
    return priced;
  }

  Result<domain::ListenSample> sample_listen_queues(const domain::Server &server) override
  {
    auto queues = discover::read_listen_queues(proc, server.master_tgid, server.listen);
    if (!queues)
      return tl::unexpected(queues.error());
    return domain::ListenSample{ .time = read_clocks().monotonic,
                                 .server = server.master_tgid,
                                 .queues = std::move(*queues) };
  }

  domain::CoverageSample sample_coverage() override
  {
    domain::CoverageSample coverage = collector().coverage();
    coverage.time = read_clocks().monotonic;
    coverage.agent_cpu = own_cpu();
    coverage.agent_rss_bytes = own_resident_bytes();
    if (const Result<discover::HostCpu> host = discover::read_host_cpu(proc)) {
      if (!host_cpu_)
        host_cpu_ = *host;
      coverage.host_cpu = host->all - host_cpu_->all;
      coverage.host_steal = host->steal - host_cpu_->steal;
      coverage.host_busy = host->busy - host_cpu_->busy;
    } else {
      coverage.gaps.push_back("What a hypervisor takes away is not known: " + host.error().what);
    }
    coverage.host_available_bytes = discover::read_available_bytes(proc).value_or(0);
    if (!peer_gap_.empty())
      coverage.gaps.push_back(peer_gap_);
    return coverage;
  }

private:
  [[nodiscard]] collect::WorkerCollector &collector()
  {
    assert(collector_);
    return *collector_;
  }

  /// A tracepoint that is not there is a kernel that is too old, not a server that is missing.
  [[nodiscard]] static Error about_probes(Error error)
  {
    if (error.kind == Error::Kind::not_found)
      error.kind = Error::Kind::not_supported;
    return error;
  }

  void learn_peers()
  {
    next_peers_ = read_clocks().monotonic + peers_interval;
    peer_gap_.clear();
    const std::vector<discover::LocalListener> listeners = finder_.listeners();
    connection_limits_.learn(listeners);
    for (const KnownPeer &peer : known_peers(listeners)) {
      if (learned_.contains(peer))
        continue;
      if (const Result<> learned =
              collector_->learn_peer(peer.address, peer.port, peer.cause, peer.name))
        learned_.insert(peer);
      else
        peer_gap_ =
            "Some databases or caches on this host count as upstream: " + learned.error().what;
    }
  }

  void pass(const domain::Observation &observation)
  {
    const auto *outgoing = std::get_if<domain::OutgoingSample>(&observation);
    if (outgoing == nullptr) {
      sink_(observation);
      return;
    }
    domain::OutgoingSample sample = *outgoing;
    connection_limits_.enter(sample);
    sink_(sample);
  }

  [[nodiscard]] static bool has_worker(const std::vector<domain::Server> &servers,
                                       std::uint32_t tgid)
  {
    return std::ranges::any_of(servers, [&](const domain::Server &server) {
      return std::ranges::find(server.workers, tgid, &domain::WorkerProcess::tgid) !=
             server.workers.end();
    });
  }

  [[nodiscard]] Result<python::PymallocUse> read_pymalloc(std::uint32_t tgid)
  {
    auto reader = pymalloc_.find(tgid);
    if (reader == pymalloc_.end()) {
      // One that has only just begun may have no interpreter yet.
      Result<python::PymallocReader> opened = python::PymallocReader::open(proc, tgid);
      if (!opened)
        return tl::unexpected(opened.error());
      reader = pymalloc_.emplace(tgid, std::move(*opened)).first;
    }
    return reader->second.read();
  }

  collect::CollectorOptions options_;
  ObservationSink sink_;
  discover::ServerFinder finder_;
  discover::CpuLimits cpu_limits_{ proc };
  discover::MemoryLimits memory_limits_{ proc };
  discover::ProportionalShares proportional_shares_{ proc };
  std::optional<discover::HostCpu> host_cpu_;                // at the first look
  std::optional<collect::WorkerCollector> collector_;        // set by attach()
  std::map<std::uint32_t, python::PymallocReader> pymalloc_; // by tgid
  std::set<KnownPeer> learned_;
  ConnectionLimits connection_limits_{ proc };
  std::string peer_gap_;
  domain::MonotonicTime next_peers_;
};

} // namespace

Result<std::unique_ptr<Host>> open_live_host(const Config &config, ObservationSink sink)
{
  return std::make_unique<LiveHost>(config, std::move(sink));
}

} // namespace linger::app
