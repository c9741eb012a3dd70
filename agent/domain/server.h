// A web server as found on the host: its configuration and its workers.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace linger::domain {

enum class ServerKind { gunicorn };

/// "gunicorn".
[[nodiscard]] constexpr const char *name_of(ServerKind)
{
  return "gunicorn";
}

/// One process that serves requests.
struct WorkerProcess {
  std::uint32_t tgid = 0;
  /// When it started, in clock ticks since boot (field 22 of /proc/TGID/stat): with the tgid it
  /// names a process for good.
  std::uint64_t start_ticks = 0;
  std::uint32_t threads = 0;

  bool operator==(const WorkerProcess &) const = default;
};

/// One master process, what it was told and the workers it has now.
struct Server {
  std::uint32_t master_tgid = 0;
  ServerKind kind = ServerKind::gunicorn;
  std::string app;
  /// "sync" or "gthread" where known; a class given as a Python name stays as given.
  std::string worker_class;
  /// 0 when unknown.
  std::uint32_t workers_configured = 0;
  std::uint32_t threads_per_worker = 1;
  /// "127.0.0.1:8000", "[::]:80", "unix:/run/app.sock".
  std::vector<std::string> listen;
  std::string python_version;
  std::string container;
  std::uint32_t timeout_seconds = 0;
  bool preload = false;
  std::uint32_t max_requests = 0;
  std::vector<WorkerProcess> workers;
  /// What could not be found out and why.
  std::vector<std::string> gaps;

  bool operator==(const Server &) const = default;
};

/// Whether one thread of its workers serves many requests in turns: greenlets or coroutines.
[[nodiscard]] bool runs_event_loops(const Server &server);

} // namespace linger::domain
