#include "discover/uwsgi_survey.h"

#include "discover/proc_files.h"
#include "discover/server_facts.h"

#include <algorithm>
#include <fmt/format.h>
#include <string>
#include <string_view>

namespace linger::discover {
namespace {

/// "uwsgi", Debian's "uwsgi-core", "uwsgi_python311"; not "uwsgi_exporter".
bool is_uwsgi_name(std::string_view path)
{
  constexpr std::string_view deleted = " (deleted)";
  if (path.ends_with(deleted))
    path.remove_suffix(deleted.size());
  const std::string_view name = file_name_of(path);
  return name == "uwsgi" || name == "uwsgi-core" || name.starts_with("uwsgi_python") ||
         name.starts_with("uwsgi-python") || name == "pyuwsgi";
}

std::optional<UwsgiProcess> read_uwsgi(const std::filesystem::path &proc,
                                       const RunningProcess &running)
{
  const bool is_uwsgi = running.executable.empty() ? is_uwsgi_name(running.argv.front()) ||
                                                         decode_uwsgi_title(running.argv.front())
                                                   : is_uwsgi_name(running.executable);
  if (!is_uwsgi)
    return std::nullopt;
  auto stat = read_stat(proc, running.tgid);
  if (!stat)
    return std::nullopt;
  return UwsgiProcess{ .stat = std::move(*stat),
                       .argv = running.argv,
                       .title = decode_uwsgi_title(running.argv.front()),
                       .executable = running.executable,
                       .listening = std::nullopt };
}

UwsgiLaunch launch_of(const std::filesystem::path &proc, const UwsgiProcess &root)
{
  UwsgiLaunch launch;
  if (!root.title)
    launch.arguments = { root.argv.begin() + 1, root.argv.end() };
  const auto bytes = read_text(directory_of(proc, root.stat.tgid) / "environ");
  if (!bytes) {
    launch.environment_gap = bytes.error().what;
    return launch;
  }
  Environment environment = decode_environment(*bytes);
  if (environment.empty() && root.title)
    launch.environment_gap = "a process title has overwritten the environment";
  else
    launch.environment = std::move(environment);
  return launch;
}

/// Whether ":9191", "0.0.0.0:9191" or "/run/http.sock" is where a socket listens.
bool is_at(std::string_view configured, std::string_view address)
{
  // --https takes certificates behind a comma
  configured = configured.substr(0, configured.find(','));
  if (configured.starts_with('/') || configured.starts_with("unix:"))
    return address.ends_with(configured.substr(configured.find('/')));
  const std::size_t colon = configured.rfind(':');
  return colon != std::string_view::npos && !address.starts_with("unix:") &&
         address.substr(std::min(address.rfind(':'), address.size())) == configured.substr(colon);
}

std::vector<std::string> values_of(const Configuration &configuration, std::string_view name)
{
  const auto found = configuration.settings.find(name);
  return found == configuration.settings.end() ? std::vector<std::string>{} : found->second.values;
}

} // namespace

UwsgiSurvey::UwsgiSurvey(HostProcesses &host) : host_(host) {}

std::vector<domain::Server> UwsgiSurvey::servers()
{
  const std::vector<UwsgiProcess> processes = read_processes();
  std::vector<domain::Server> servers;
  for (const UwsgiFamily &family : uwsgi_families_of(processes))
    if (auto server = describe(family))
      servers.push_back(std::move(*server));
  return servers;
}

std::vector<UwsgiProcess> UwsgiSurvey::read_processes()
{
  std::vector<UwsgiProcess> processes;
  for (const RunningProcess &running : host_.all())
    if (auto process = read_uwsgi(host_.proc(), running)) {
      process->listening = host_.listening_inodes_of(running.tgid);
      processes.push_back(std::move(*process));
    }
  return processes;
}

std::optional<domain::Server> UwsgiSurvey::describe(const UwsgiFamily &family)
{
  const UwsgiProcess &root = *family.root;
  const Configuration configuration =
      gather_uwsgi_configuration(host_.proc(), root.stat.tgid, launch_of(host_.proc(), root));
  const std::set<std::uint64_t> router_inodes = router_inodes_of(family, configuration);
  const auto workers = uwsgi_workers_of(family, router_inodes, has_uwsgi_master(configuration));
  // An emperor, or one that is starting or stopping: nothing that requests could come in at.
  if (workers.empty() && (!root.listening || root.listening->empty()))
    return std::nullopt;

  domain::Server server;
  server.master_tgid = root.stat.tgid;
  server.kind = domain::ServerKind::uwsgi;
  for (const UwsgiProcess *worker : workers)
    server.workers.push_back({ .tgid = worker->stat.tgid,
                               .start_ticks = worker->stat.start_ticks,
                               .threads = worker->stat.threads });
  apply_uwsgi(configuration, server);
  describe_listeners(family, workers, router_inodes, configuration, server);
  describe_surroundings(host_.proc(), root.stat.tgid, server);
  if (!is_still_there(host_.proc(), root.stat))
    return std::nullopt;
  return server;
}

std::set<std::uint64_t> UwsgiSurvey::router_inodes_of(const UwsgiFamily &family,
                                                      const Configuration &configuration)
{
  std::set<std::uint64_t> inodes;
  const std::vector<std::string> routers = values_of(configuration, "router");
  if (routers.empty())
    return inodes;
  std::vector<const UwsgiProcess *> members = family.children;
  members.push_back(family.root);
  for (const UwsgiProcess *member : members)
    for (const std::uint64_t inode : member->listening.value_or(std::vector<std::uint64_t>{})) {
      const std::string address = host_.address_of(member->stat.tgid, inode);
      if (std::ranges::any_of(routers,
                              [&](const std::string &router) { return is_at(router, address); }))
        inodes.insert(inode);
    }
  return inodes;
}

void UwsgiSurvey::describe_listeners(const UwsgiFamily &family,
                                     const std::vector<const UwsgiProcess *> &workers,
                                     const std::set<std::uint64_t> &router_inodes,
                                     const Configuration &configuration, domain::Server &server)
{
  if (!family.root->listening) {
    server.listen = values_of(configuration, "router");
    std::ranges::copy(values_of(configuration, "socket"), std::back_inserter(server.listen));
    server.gaps.push_back(
        fmt::format("the sockets of {} cannot be seen: the addresses are those configured",
                    server.master_tgid));
    return;
  }
  // Without workers yet, the master's; they may include that of its statistics.
  std::set<std::uint64_t> inodes = router_inodes;
  for (const UwsgiProcess *worker : workers)
    if (worker->listening)
      inodes.insert(worker->listening->begin(), worker->listening->end());
  if (workers.empty())
    inodes.insert(family.root->listening->begin(), family.root->listening->end());
  std::set<std::string> addresses;
  for (const std::uint64_t inode : inodes)
    if (std::string address = host_.address_of(family.root->stat.tgid, inode); !address.empty())
      addresses.insert(std::move(address));
  server.listen.assign(addresses.begin(), addresses.end());
}

} // namespace linger::discover
