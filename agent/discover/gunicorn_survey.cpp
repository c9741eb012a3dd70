#include "discover/gunicorn_survey.h"

#include "discover/proc_files.h"
#include "discover/server_facts.h"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <set>
#include <unordered_set>

namespace linger::discover {
namespace {

/// The process if it looks like Gunicorn. Its relatives and sockets are not looked at.
std::optional<GunicornProcess> read_gunicorn(const std::filesystem::path &proc,
                                             const RunningProcess &running)
{
  GunicornProcess process;
  process.title = decode_title(running.argv.front());
  if (!process.title && !gunicorn_arguments(running.argv))
    return std::nullopt;
  auto stat = read_stat(proc, running.tgid);
  if (!stat)
    return std::nullopt;
  process.stat = std::move(*stat);
  process.argv = running.argv;
  process.executable = running.executable;
  return process;
}

bool says_reexecuted(const std::filesystem::path &proc, const GunicornProcess &process)
{
  const auto bytes = read_text(directory_of(proc, process.stat.tgid) / "environ");
  if (!bytes)
    return false;
  const Environment environment = decode_environment(*bytes);
  const auto parent = environment.find("GUNICORN_PID");
  return parent != environment.end() && number_in<std::uint32_t>(parent->second) ==
                                            tgid_in_own_namespace(proc, process.stat.parent_tgid);
}

/// Gunicorn 25's own control interface, which serves no requests.
bool is_control_socket(const std::string &address, const Configuration &configuration)
{
  const auto given = configuration.settings.find("control_socket");
  const bool is_given = given != configuration.settings.end() && given->second.values.size() == 1 &&
                        address == "unix:" + given->second.values.front();
  return is_given || (address.starts_with("unix:") && address.ends_with("/gunicorn.ctl"));
}

std::set<std::uint64_t> inodes_of_workers(const GunicornFamily &family)
{
  std::set<std::uint64_t> inodes;
  for (const GunicornProcess *worker : family.workers)
    if (worker->listening)
      inodes.insert(worker->listening->begin(), worker->listening->end());
  return inodes;
}

/// The sockets that requests come in at: those of the master that a worker shares, or else those of
/// the workers (--reuse-port), or else those of the master (no worker yet).
std::vector<std::uint64_t> serving_inodes(const GunicornFamily &family)
{
  const std::set<std::uint64_t> of_workers = inodes_of_workers(family);
  const auto of_master = family.master->listening.value_or(std::vector<std::uint64_t>{});
  std::vector<std::uint64_t> shared;
  std::ranges::set_intersection(of_master, of_workers, std::back_inserter(shared));
  if (!shared.empty())
    return shared;
  return of_workers.empty() ? of_master : std::vector(of_workers.begin(), of_workers.end());
}

/// A master named "shop.2" was started by the USR2 of one named "shop".
std::string app_in_title(const GunicornTitle &title)
{
  constexpr std::string_view reexecuted = ".2";
  const std::string_view name = title.name;
  return std::string(name.ends_with(reexecuted) ? name.substr(0, name.size() - reexecuted.size())
                                                : name);
}

} // namespace

GunicornSurvey::GunicornSurvey(HostProcesses &host) : host_(host) {}

std::vector<domain::Server> GunicornSurvey::servers(RememberedLaunches &remembered)
{
  const std::vector<GunicornProcess> processes = read_processes();
  RememberedLaunches still_there;
  std::vector<domain::Server> servers;
  for (const GunicornFamily &family : families_of(processes)) {
    const auto name = std::pair{ family.master->stat.tgid, family.master->stat.start_ticks };
    const auto before = remembered.find(name);
    GunicornLaunch launch = family.master->title && before != remembered.end()
                                ? std::move(before->second)
                                : launch_of(*family.master);
    const bool listens = !family.master->listening || !family.master->listening->empty();
    if (listens || !family.workers.empty()) {
      domain::Server server = describe(family, launch);
      // One that died meanwhile would be described by what could not be read of it.
      if (is_still_there(host_.proc(), family.master->stat))
        servers.push_back(std::move(server));
    }
    if (launch.arguments)
      still_there.emplace(name, std::move(launch));
  }
  remembered = std::move(still_there);
  return servers;
}

std::vector<GunicornProcess> GunicornSurvey::read_processes()
{
  std::vector<GunicornProcess> processes;
  for (const RunningProcess &running : host_.all())
    if (auto process = read_gunicorn(host_.proc(), running)) {
      process->listening = host_.listening_inodes_of(running.tgid);
      processes.push_back(std::move(*process));
    }
  std::unordered_set<std::uint32_t> tgids;
  for (const GunicornProcess &process : processes)
    tgids.insert(process.stat.tgid);
  for (GunicornProcess &process : processes)
    if (tgids.contains(process.stat.parent_tgid))
      process.is_reexecuted = says_reexecuted(host_.proc(), process);
  return processes;
}

GunicornLaunch GunicornSurvey::launch_of(const GunicornProcess &master) const
{
  GunicornLaunch launch;
  if (!master.title)
    launch.arguments = gunicorn_arguments(master.argv);
  const auto bytes = read_text(directory_of(host_.proc(), master.stat.tgid) / "environ");
  if (!bytes) {
    launch.environment_gap = bytes.error().what;
    return launch;
  }
  Environment environment = decode_environment(*bytes);
  if (environment.empty() && master.title)
    launch.environment_gap = "a process title has overwritten the environment";
  else
    launch.environment = std::move(environment);
  return launch;
}

domain::Server GunicornSurvey::describe(const GunicornFamily &family, const GunicornLaunch &launch)
{
  const GunicornProcess &master = *family.master;
  domain::Server server;
  server.master_tgid = master.stat.tgid;
  server.kind = domain::ServerKind::gunicorn;
  for (const GunicornProcess *worker : family.workers)
    server.workers.push_back({ .tgid = worker->stat.tgid,
                               .start_ticks = worker->stat.start_ticks,
                               .threads = worker->stat.threads });

  GunicornConfiguration gathered = gather_configuration(host_.proc(), master.stat.tgid, launch);
  server.app = std::move(gathered.app);
  apply(gathered.configuration, server);
  if (server.app.empty() && master.title)
    server.app = app_in_title(*master.title);

  describe_listeners(family, gathered.configuration, server);
  describe_surroundings(host_.proc(), master.stat.tgid, server);
  return server;
}

void GunicornSurvey::describe_listeners(const GunicornFamily &family,
                                        const Configuration &configuration, domain::Server &server)
{
  if (family.master->listening) {
    std::set<std::string> addresses;
    for (const std::uint64_t inode : serving_inodes(family)) {
      std::string address = host_.address_of(family.master->stat.tgid, inode);
      if (!address.empty() && !is_control_socket(address, configuration))
        addresses.insert(std::move(address));
    }
    server.listen.assign(addresses.begin(), addresses.end());
    return;
  }
  const auto bind = configuration.settings.find("bind");
  if (bind != configuration.settings.end() && !bind->second.is_computed)
    server.listen = bind->second.values;
  server.gaps.push_back(fmt::format(
      "the sockets of {} cannot be seen: the addresses are those configured", server.master_tgid));
}

} // namespace linger::discover
