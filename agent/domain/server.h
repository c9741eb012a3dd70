// A web server as found on the host: its configuration and its workers.

#pragma once

#include "domain/container.h"

#include <array>
#include <cstdint>
#include <string>
#include <vector>

namespace linger::domain {

enum class ServerKind { gunicorn, uwsgi, waitress, uvicorn, mod_wsgi };

inline constexpr std::array all_server_kinds{ ServerKind::gunicorn, ServerKind::uwsgi,
                                              ServerKind::waitress, ServerKind::uvicorn,
                                              ServerKind::mod_wsgi };

/// "gunicorn", "mod_wsgi".
[[nodiscard]] constexpr const char *name_of(ServerKind kind)
{
  switch (kind) {
    case ServerKind::gunicorn:
      return "gunicorn";
    case ServerKind::uwsgi:
      return "uwsgi";
    case ServerKind::waitress:
      return "waitress";
    case ServerKind::uvicorn:
      return "uvicorn";
    case ServerKind::mod_wsgi:
      return "mod_wsgi";
  }
  return "";
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

/// One master process, what it was told and the workers it has now. A server without a master has
/// the first of its workers in that place, and among `workers` too.
struct Server {
  std::uint32_t master_tgid = 0;
  ServerKind kind = ServerKind::gunicorn;
  std::string app;
  /// Gunicorn's own word where known ("sync", "gthread"; a class given as a Python name stays as
  /// given). "processes" or "threads" for other servers whose threads serve one request at a time,
  /// "gevent", "asyncio" and the like for those that do not.
  std::string worker_class;
  /// 0 when unknown.
  std::uint32_t workers_configured = 0;
  std::uint32_t threads_per_worker = 1;
  /// "127.0.0.1:8000", "[::]:80", "unix:/run/app.sock".
  std::vector<std::string> listen;
  std::string python_version;
  Container container;
  std::uint32_t timeout_seconds = 0;
  bool preload = false;
  std::uint32_t max_requests = 0;
  std::vector<WorkerProcess> workers;
  /// What could not be found out and why.
  std::vector<std::string> gaps;

  bool operator==(const Server &) const = default;
};

/// Whether a thread of the server's workers serves one request at a time, from its first byte to
/// its last, as far as is known.
[[nodiscard]] bool has_request_threads(const Server &server);

/// Whether one thread of its workers serves many requests in turns: greenlets or coroutines.
[[nodiscard]] bool runs_event_loops(const Server &server);
/// Greenlets: gevent or eventlet.
[[nodiscard]] bool serves_greenlets(const Server &server);

/// Whether one thread of its workers receives all requests and hands them to others: waitress.
[[nodiscard]] bool hands_requests_over(const Server &server);

/// Whether what the master process forks is a worker. Not where the first worker stands in the
/// master's place, whose children are subprocesses, and not in Apache, which has others.
[[nodiscard]] bool forks_workers(const Server &server);

} // namespace linger::domain
