// A host whose servers, observations and failures a test decides, and a clock that it moves.

#pragma once

#include "app/host.h"
#include "app/log.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

namespace linger::app {

/// What the host shows and what was asked of it. Shared between the test and the collecting thread.
class HostScript {
public:
  HostScript() { log_nothing(); }

  std::vector<domain::Server> servers;
  std::vector<domain::Observation> pending; // handed over by the next poll
  std::vector<domain::ThreadSample> threads;
  std::vector<domain::OutgoingSample> outgoing;
  std::vector<domain::CpuLimitSample> cpu_limits;
  domain::CoverageSample coverage;
  std::optional<Error> attach_error;
  std::optional<Error> cpu_limits_error;
  std::optional<Error> watch_error;
  std::optional<Error> poll_error;
  std::optional<Error> queue_error;
  std::optional<Error> trace_error;
  std::optional<Error> look_error;
  std::string look_gap;
  domain::Nanos look_cost{};
  domain::Nanos find_cost{}; // of a look for servers
  int finds = 0;
  domain::Nanos now = std::chrono::seconds{ 10 };

  std::atomic<bool> hangs = false; // in poll()
  std::atomic<bool> hung = false;  // it does

  bool attached = false;
  bool destroyed = false;
  std::vector<domain::Server> watched;
  std::vector<std::uint32_t> traced; // while a trace runs
  std::vector<std::uint32_t> looks;

  template <typename Use>
  auto with(const Use &use)
  {
    const std::scoped_lock lock{ mutex_ };
    return use(*this);
  }

  [[nodiscard]] domain::ClockAnchor clock()
  {
    const std::scoped_lock lock{ mutex_ };
    return { .monotonic = domain::MonotonicTime{ now },
             .wall = domain::WallTime{ now + std::chrono::hours{ 1 } } };
  }

private:
  std::mutex mutex_;
};

class ScriptedHost : public Host {
public:
  ScriptedHost(HostScript &script, ObservationSink sink) : script_(script), sink_(std::move(sink))
  {
  }
  ~ScriptedHost() override
  {
    script_.with([](HostScript &script) { script.destroyed = true; });
  }
  ScriptedHost(const ScriptedHost &) = delete;
  ScriptedHost &operator=(const ScriptedHost &) = delete;

  std::vector<domain::Server> find_servers() override
  {
    return script_.with([](HostScript &script) {
      script.now += script.find_cost;
      ++script.finds;
      return script.servers;
    });
  }

  Result<domain::Server> find_server(std::uint32_t tgid) override
  {
    for (const domain::Server &server : find_servers()) {
      if (server.master_tgid == tgid)
        return server;
      for (const domain::WorkerProcess &worker : server.workers) {
        if (worker.tgid == tgid)
          return server;
      }
    }
    return failure(Error::Kind::not_found, std::to_string(tgid) + " is no server");
  }

  Result<> attach() override
  {
    return script_.with([](HostScript &script) -> Result<> {
      if (script.attach_error)
        return tl::unexpected(*script.attach_error);
      script.attached = true;
      return {};
    });
  }

  Result<> watch(const domain::Server &server) override
  {
    return script_.with([&](HostScript &script) -> Result<> {
      if (script.watch_error)
        return tl::unexpected(*script.watch_error);
      script.watched.push_back(server);
      return {};
    });
  }

  Result<int> poll(std::chrono::milliseconds) override
  {
    std::this_thread::yield();
    while (script_.hangs) {
      script_.hung = true;
      std::this_thread::sleep_for(std::chrono::milliseconds{ 1 });
    }
    std::vector<domain::Observation> pending;
    const std::optional<Error> error = script_.with([&](HostScript &script) {
      pending.swap(script.pending);
      return script.poll_error;
    });
    for (const domain::Observation &observation : pending)
      sink_(observation);
    if (error)
      return tl::unexpected(*error);
    return static_cast<int>(pending.size());
  }

  Result<> trace_allocations(const std::vector<std::uint32_t> &tgids,
                             const domain::AllocationQuery &, domain::Nanos) override
  {
    return script_.with([&](HostScript &script) -> Result<> {
      if (script.trace_error)
        return tl::unexpected(*script.trace_error);
      script.traced = tgids;
      return {};
    });
  }

  void end_trace() override
  {
    script_.with([](HostScript &script) { script.traced.clear(); });
  }

  Result<> sample_threads() override
  {
    for (const domain::ThreadSample &thread :
         script_.with([](HostScript &script) { return script.threads; }))
      sink_(thread);
    return {};
  }

  Result<> sample_outgoing() override
  {
    for (const domain::OutgoingSample &sample :
         script_.with([](HostScript &script) { return script.outgoing; }))
      sink_(sample);
    return {};
  }

  Result<std::vector<domain::CpuLimitSample>>
  sample_cpu_limits(const std::vector<std::uint32_t> &) override
  {
    return script_.with([](HostScript &script) -> Result<std::vector<domain::CpuLimitSample>> {
      if (script.cpu_limits_error)
        return tl::unexpected(*script.cpu_limits_error);
      return script.cpu_limits;
    });
  }

  Result<domain::MemorySample> sample_memory(std::uint32_t tgid) override
  {
    return domain::MemorySample{ .time = script_.clock().monotonic,
                                 .tgid = tgid,
                                 .resident_bytes = 64 << 20,
                                 .anonymous_bytes = 48 << 20 };
  }

  Result<PricedLook> look_at_memory(std::uint32_t tgid) override
  {
    return script_.with([&](HostScript &script) -> Result<PricedLook> {
      const domain::MonotonicTime begin{ script.now };
      script.now += script.look_cost;
      if (script.look_error)
        return tl::unexpected(*script.look_error);
      script.looks.push_back(tgid);
      return PricedLook{ .look = { .window = { begin, domain::MonotonicTime{ script.now } },
                                   .tgid = tgid,
                                   .anonymous_bytes = 48 << 20,
                                   .small_object_bytes = 1 << 20 },
                         .gap = script.look_gap,
                         .cost = script.look_cost };
    });
  }

  Result<domain::ListenSample> sample_listen_queues(const domain::Server &server) override
  {
    return script_.with([&](HostScript &script) -> Result<domain::ListenSample> {
      if (script.queue_error)
        return tl::unexpected(*script.queue_error);
      return domain::ListenSample{
        .time = domain::MonotonicTime{ script.now },
        .server = server.master_tgid,
        .queues = { { .address = "127.0.0.1:8000", .length = 3, .limit = 128, .dropped = 0 } }
      };
    });
  }

  domain::CoverageSample sample_coverage() override
  {
    domain::CoverageSample coverage =
        script_.with([](HostScript &script) { return script.coverage; });
    coverage.time = script_.clock().monotonic;
    return coverage;
  }

private:
  HostScript &script_;
  ObservationSink sink_;
};

inline HostOpener opener_of(HostScript &script)
{
  return [&script](const Config &, ObservationSink sink) -> Result<std::unique_ptr<Host>> {
    return std::make_unique<ScriptedHost>(script, std::move(sink));
  };
}

inline domain::Server a_server(std::uint32_t master, std::vector<std::uint32_t> workers)
{
  domain::Server server;
  server.master_tgid = master;
  server.app = "shop:app";
  server.worker_class = "sync";
  for (const std::uint32_t tgid : workers)
    server.workers.push_back({ .tgid = tgid, .start_ticks = 1, .threads = 1 });
  return server;
}

/// A request of 10 ms on the CPU that ended at `end`.
inline domain::Request a_request(std::uint32_t tgid, domain::Nanos end, std::uint64_t sequence,
                                 std::string path = "/")
{
  domain::Request request;
  request.tgid = tgid;
  request.tid = tgid;
  request.sequence = sequence;
  request.connection = sequence;
  request.window = { domain::MonotonicTime{ end - std::chrono::milliseconds{ 10 } },
                     domain::MonotonicTime{ end } };
  request.times[domain::Cause::on_cpu] = std::chrono::milliseconds{ 10 };
  request.method = "GET";
  request.path = std::move(path);
  request.status = 200;
  return request;
}

} // namespace linger::app
