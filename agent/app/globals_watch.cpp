#include "app/globals_watch.h"

#include "app/heap_watch.h"
#include "python/application_line.h"

#include <algorithm>
#include <utility>

namespace linger::app {
namespace {

std::string package_of_worker(const std::vector<domain::Server> &servers, std::uint32_t tgid)
{
  for (const domain::Server &server : servers) {
    if (std::ranges::find(server.workers, tgid, &domain::WorkerProcess::tgid) !=
        server.workers.end())
      return python::package_of(server.app);
  }
  return "";
}

} // namespace

OpenGlobals real_globals()
{
  return [](std::uint32_t tgid, const std::string &package) -> Result<LookAtGlobals> {
    auto opened = python::ModuleGlobals::open("/proc", tgid, package);
    if (!opened)
      return tl::unexpected(opened.error());
    // A function has to be copyable.
    auto globals = std::make_shared<python::ModuleGlobals>(std::move(*opened));
    return [globals] { return globals->look(); };
  };
}

GlobalsWatch::GlobalsWatch(const std::vector<domain::Server> &servers, const OpenGlobals &open)
{
  for (const std::uint32_t tgid : canaries(servers)) {
    Worker worker{ .tgid = tgid, .look = {}, .gap = {} };
    if (auto opened = open(tgid, package_of_worker(servers, tgid)))
      worker.look = std::move(*opened);
    else
      worker.gap = opened.error().what;
    workers_.push_back(std::move(worker));
  }
}

std::vector<domain::GlobalsLook> GlobalsWatch::announce(domain::MonotonicTime now) const
{
  std::vector<domain::GlobalsLook> looks;
  for (const Worker &worker : workers_)
    if (worker.look)
      looks.push_back({ .window = { now, now }, .tgid = worker.tgid, .changes = {}, .gap = {} });
  return looks;
}

std::vector<domain::GlobalsLook>
GlobalsWatch::look(const std::function<domain::MonotonicTime()> &now)
{
  std::vector<domain::GlobalsLook> looks;
  for (Worker &worker : workers_) {
    const domain::MonotonicTime begin = now();
    domain::GlobalsLook look{ .window = { worker.looked ? worker.latest : begin, begin },
                              .tgid = worker.tgid,
                              .changes = {},
                              .gap = {} };
    if (worker.look) {
      auto seen = worker.look();
      look.window.end = now();
      if (seen) {
        look.changes = std::move(seen->changes);
        look.left_out = seen->left_out;
        worker.latest = begin; // what is written meanwhile may show in either
        if (std::exchange(worker.looked, true))
          looks.push_back(std::move(look));
        continue;
      }
      worker.look = nullptr;
      worker.gap = seen.error().what;
    }
    if (!worker.gap.empty()) {
      look.gap = std::exchange(worker.gap, {});
      looks.push_back(std::move(look));
    }
  }
  return looks;
}

} // namespace linger::app
