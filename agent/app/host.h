// What the agent needs of the machine it runs on: finding servers and observing them.

#pragma once

#include "app/config.h"
#include "base/result.h"
#include "domain/observation.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace linger::app {

/// Where the host hands over what it observes, on the thread that called it.
using ObservationSink = std::function<void(const domain::Observation &)>;

struct PricedLook {
  domain::MemoryLook look;
  /// Why its small objects are not in it; empty where they are, or where it has none.
  std::string gap;
  /// CPU time that it took.
  domain::Nanos cost{};
};

/// The real one (live_host.h) reads /proc and runs the probes; tests bring a scripted one. Not
/// thread-safe: one thread at a time calls it. The destructor detaches everything.
class Host {
public:
  virtual ~Host() = default;

  /// Every server on the host now.
  [[nodiscard]] virtual std::vector<domain::Server> find_servers() = 0;
  /// The server that `tgid` is the master or a worker of; not_found, not_permitted.
  [[nodiscard]] virtual Result<domain::Server> find_server(std::uint32_t tgid) = 0;

  /// Attaches the probes, once, before anything is watched.
  [[nodiscard]] virtual Result<> attach() = 0;
  /// Observes this server's processes from now on, until they end. Idempotent.
  [[nodiscard]] virtual Result<> watch(const domain::Server &server) = 0;

  /// Waits at most `timeout` and hands over what happened. With a timeout of zero it hands over
  /// everything that happened before the call.
  [[nodiscard]] virtual Result<int> poll(std::chrono::milliseconds timeout) = 0;
  /// Hands over one ThreadSample a watched thread.
  [[nodiscard]] virtual Result<> sample_threads() = 0;
  /// Hands over one OutgoingSample a watched worker. Call it after sample_threads().
  [[nodiscard]] virtual Result<> sample_outgoing() = 0;
  /// One for each of these processes whose CPU time is limited.
  [[nodiscard]] virtual Result<std::vector<domain::CpuLimitSample>>
  sample_cpu_limits(const std::vector<std::uint32_t> &tgids) = 0;
  /// Hands over AllocationsSeen of these workers with every poll() until end_trace(), for `window`
  /// at most. exhausted when another trace runs.
  [[nodiscard]] virtual Result<> trace_allocations(const std::vector<std::uint32_t> &tgids,
                                                   const domain::AllocationQuery &query,
                                                   domain::Nanos window) = 0;
  /// Hands over what is left of it.
  virtual void end_trace() = 0;
  /// What the process holds now; not_found once it is gone.
  [[nodiscard]] virtual Result<domain::MemorySample> sample_memory(std::uint32_t tgid) = 0;
  /// What the process holds now, its small objects too; not_found once it is gone.
  [[nodiscard]] virtual Result<PricedLook> look_at_memory(std::uint32_t tgid) = 0;
  /// The server's accept queues now; not_found once it is gone.
  [[nodiscard]] virtual Result<domain::ListenSample>
  sample_listen_queues(const domain::Server &server) = 0;
  /// The agent's cost and losses so far.
  [[nodiscard]] virtual domain::CoverageSample sample_coverage() = 0;
};

/// Makes a host that hands its observations to the sink. Needs no privileges before attach().
using HostOpener = std::function<Result<std::unique_ptr<Host>>(const Config &, ObservationSink)>;

using Clock = std::function<domain::ClockAnchor()>;

} // namespace linger::app
