#include "domain/server.h"

#include <algorithm>
#include <string_view>

namespace linger::domain {

bool has_request_threads(const Server &server)
{
  constexpr std::array<std::string_view, 5> classes{ "", "sync", "gthread", "processes",
                                                     "threads" };
  if (server.kind == ServerKind::waitress)
    return false;
  const std::string_view given = server.worker_class;
  return std::ranges::find(classes, given) != classes.end() || given.ends_with("SyncWorker") ||
         given.ends_with("ThreadWorker");
}

bool runs_event_loops(const Server &server)
{
  // Part of the short names and of the classes' own: "gevent_pywsgi",
  // "gunicorn.workers.geventlet.EventletWorker", "uvicorn.workers.UvicornH11Worker".
  static constexpr std::array<std::string_view, 9> loops{ "gevent",   "Gevent",  "eventlet",
                                                          "Eventlet", "tornado", "uvicorn",
                                                          "asgi",     "aiohttp", "asyncio" };
  return std::ranges::any_of(loops, [&](std::string_view loop) {
    return server.worker_class.find(loop) != std::string::npos;
  });
}

bool serves_greenlets(const Server &server)
{
  return runs_event_loops(server) && server.worker_class.find("event") != std::string::npos;
}

bool hands_requests_over(const Server &server)
{
  return server.kind == ServerKind::waitress;
}

bool forks_workers(const Server &server)
{
  return server.kind != ServerKind::mod_wsgi &&
         std::ranges::find(server.workers, server.master_tgid, &WorkerProcess::tgid) ==
             server.workers.end();
}

} // namespace linger::domain
