#include "discover/server_facts.h"

#include "discover/container.h"
#include "discover/proc_files.h"
#include "discover/python_version.h"

#include <fmt/format.h>

namespace linger::discover {

void describe_surroundings(const std::filesystem::path &proc, std::uint32_t tgid,
                           domain::Server &server)
{
  server.python_version = python_version_of(proc, tgid);
  if (server.python_version.empty())
    server.gaps.emplace_back("neither the executable nor a mapped library names the version of "
                             "Python");
  const auto cgroup = read_text(directory_of(proc, tgid) / "cgroup");
  server.container = container_in(cgroup.value_or(""));
}

std::optional<std::string> gap_of_requests(const domain::Server &server)
{
  if (domain::has_request_threads(server) || domain::hands_requests_over(server))
    return std::nullopt;
  if (domain::runs_event_loops(server) && server.kind != domain::ServerKind::uwsgi)
    return std::nullopt;
  return fmt::format("worker class {} serves several requests on one thread, which Linger cannot "
                     "tell apart yet: do not use their figures",
                     server.worker_class);
}

} // namespace linger::discover
