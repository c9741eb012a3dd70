#include "domain/server.h"

#include <algorithm>
#include <string_view>

namespace linger::domain {

bool has_request_threads(const Server &server)
{
  constexpr std::array<std::string_view, 5> classes{ "", "sync", "gthread", "processes",
                                                     "threads" };
  if (server.kind == ServerKind::waitress || server.kind == ServerKind::mod_wsgi)
    return false;
  const std::string_view given = server.worker_class;
  return std::ranges::find(classes, given) != classes.end() || given.ends_with("SyncWorker") ||
         given.ends_with("ThreadWorker");
}

bool forks_workers(const Server &server)
{
  return server.kind != ServerKind::mod_wsgi &&
         std::ranges::find(server.workers, server.master_tgid, &WorkerProcess::tgid) ==
             server.workers.end();
}

} // namespace linger::domain
