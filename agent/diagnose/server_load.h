// How busy one server was, and with what. More than one rule asks.

#pragma once

#include "diagnose/thresholds.h"
#include "domain/report.h"

#include <cstdint>
#include <vector>

namespace linger::diagnose {

/// The requests of one server and its workers over the report's window.
struct ServerLoad {
  const domain::ServerReport *server = nullptr;
  std::vector<const domain::EndpointReport *> endpoints;
  domain::Nanos window{};
  std::uint64_t requests = 0;
  /// Worker processes alive, or else as configured.
  std::uint32_t workers = 0;
  std::uint32_t threads_per_worker = 1;
  /// Threads that had a request, on average over the window.
  double busy_threads = 0;
  domain::CauseTimes times;
  domain::QuantileSketch accept_queue_ns;
  /// Attempts to connect that the kernel turned away at the server's addresses.
  std::uint64_t turned_away = 0;
  /// CPUs of the host; 0 when not known.
  double host_cpus = 0;
  /// Of these, what all but this server's requests used; 0 when not known.
  double others_cpus = 0;
  /// What watching it costs the host: its requests' part of the agent's and the probes' time.
  double overhead_cpus = 0;
  /// Memory that could be given to more workers; 0 when not known.
  std::uint64_t host_available_bytes = 0;

  [[nodiscard]] std::uint32_t threads() const { return workers * threads_per_worker; }
  /// 0 to 1.
  [[nodiscard]] double utilization() const;
  /// Thread time there was in the window.
  [[nodiscard]] domain::Nanos capacity() const;
  /// Part of the requests' service time.
  [[nodiscard]] double cpu_ratio() const;
  [[nodiscard]] double blocked_ratio() const;
};

/// The time in which a thread was busy with the requests: wall time without the waits in
/// the kernel's backlog and behind other requests.
[[nodiscard]] domain::Nanos service_time(const domain::CauseTimes &times);

/// The time in which requests waited for a thread to take them up.
[[nodiscard]] domain::Nanos queue_time(const domain::CauseTimes &times);

/// Whether what is waited on is outside the process: a database, a client, a disk, a timer.
[[nodiscard]] bool is_outside(domain::Cause cause);
[[nodiscard]] domain::Nanos outside_time(const domain::CauseTimes &times);

/// `part` / `whole`, 0 when there is no whole.
[[nodiscard]] double ratio_of(domain::Nanos part, domain::Nanos whole);

/// One a known server, in the report's order.
[[nodiscard]] std::vector<ServerLoad> server_loads(const domain::Report &report);

/// Threads that wanted a CPU for a request, and those that had one, on average over the window.
[[nodiscard]] double runnable_threads(const domain::CauseTimes &times, domain::Nanos window);
[[nodiscard]] double running_threads(const domain::CauseTimes &times, domain::Nanos window);

/// The endpoints that computed, the one that computed the most in all first.
[[nodiscard]] std::vector<const domain::EndpointReport *> computing_in(const ServerLoad &load);

/// The requests wait long for a CPU.
[[nodiscard]] bool is_overcommitted(const ServerLoad &load, const Thresholds &thresholds);

/// Waiting for the client, both ways.
[[nodiscard]] domain::Nanos client_time(const domain::EndpointReport &endpoint);

/// The endpoint's requests wait for their clients most of the time, and long: slow-client tells of
/// that, and no other rule.
[[nodiscard]] bool waits_for_clients(const domain::EndpointReport &endpoint,
                                     const Thresholds &thresholds);

/// Connections wait long until they are accepted, as a part of the requests' time too.
[[nodiscard]] bool waits_to_be_accepted(const ServerLoad &load, const Thresholds &thresholds);

/// Requests wait long until a thread takes them up, on average: in the kernel, or, as gthread
/// accepts before it has a thread, in the worker.
[[nodiscard]] bool waits_for_threads(const ServerLoad &load, const Thresholds &thresholds);

/// CPUs of the host that have nothing to do, on average, and that the workers may use; 0 when not
/// known.
[[nodiscard]] double idle_cpus(const ServerLoad &load);

/// Requests that compute wait for workers, while CPUs have nothing to do.
[[nodiscard]] bool underuses_cpus(const ServerLoad &load, const Thresholds &thresholds);

/// The workers are what requests wait for, and the workers themselves wait.
[[nodiscard]] bool is_saturated(const ServerLoad &load, const Thresholds &thresholds);

} // namespace linger::diagnose
