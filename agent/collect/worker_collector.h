// What the kernel side sees of the workers, as observations.

#pragma once

#include "base/result.h"
#include "domain/observation.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace linger::collect {

struct CollectorOptions {
  /// A power of two, at least one page. What does not fit is lost and counted.
  std::uint32_t ring_buffer_bytes = 4U << 20;
  /// Waits of at least this length leave a record of their own.
  domain::Nanos wait_threshold{ 1'000'000 };
  /// What stands behind a peer's port, in addition to the well-known ones.
  std::vector<std::pair<std::uint16_t, domain::Cause>> peer_ports;
  /// Takes the boundaries of requests from system calls even where the sockets' own tracepoints
  /// exist (v6.3 and newer). For tests.
  bool force_syscall_boundaries = false;
};

/// Owns the probes in bpf/probes/ and turns what they send into observations. Not thread-safe: one
/// thread calls everything. The destructor detaches and unloads; nothing stays in the kernel, also
/// when the process is killed.
class WorkerCollector {
public:
  using Sink = std::function<void(const domain::Observation &)>;

  /// Loads the probes, attaches none. not_permitted or not_supported when this user or kernel does
  /// not allow it; `linger doctor` says which of the two and what helps.
  [[nodiscard]] static Result<WorkerCollector> open(const CollectorOptions &options, Sink sink);
  ~WorkerCollector();
  WorkerCollector(WorkerCollector &&) noexcept;
  WorkerCollector &operator=(WorkerCollector &&) noexcept;

  [[nodiscard]] Result<> attach();

  /// Watches the workers that a server has and those that its master will fork. Threads that exist
  /// are taken up as they are. Calling it again with the same server changes nothing.
  [[nodiscard]] Result<> watch(const domain::Server &server);

  /// What stands behind an address: "127.0.0.1", "::1" or a unix socket's path (then `port` is 0),
  /// and what it is called ("postgresql"; may be empty).
  [[nodiscard]] Result<> learn_peer(const std::string &address, std::uint16_t port,
                                    domain::Cause cause, const std::string &name);

  /// Waits up to `timeout` and hands over the requests, waits and process events that came in.
  /// Returns how many records that were.
  [[nodiscard]] Result<int> poll(std::chrono::milliseconds timeout);

  /// Hands over one ThreadSample for each thread of the watched workers.
  [[nodiscard]] Result<> sample_threads();

  /// Hands over one OutgoingSample for each watched worker. What is in use is as the latest
  /// sample_threads() saw it.
  [[nodiscard]] Result<> sample_outgoing();

  /// Traces the allocations of these workers, for `window` at most, and hands over AllocationsSeen
  /// with every poll() until end_trace(). exhausted when another trace runs.
  [[nodiscard]] Result<> trace_allocations(const std::vector<std::uint32_t> &tgids,
                                           const domain::AllocationQuery &query,
                                           std::chrono::nanoseconds window);
  /// Hands over what is left and detaches. Without a trace it changes nothing.
  void end_trace();

  /// Losses and the probes' run time since open(). The agent's own CPU time and memory are for the
  /// caller to fill in.
  [[nodiscard]] domain::CoverageSample coverage();

private:
  struct Impl;
  explicit WorkerCollector(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

} // namespace linger::collect
