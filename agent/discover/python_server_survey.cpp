#include "discover/python_server_survey.h"

#include "discover/long_options.h"
#include "discover/proc_files.h"
#include "discover/python_command.h"
#include "discover/server_facts.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace linger::discover {
namespace {

using Kind = PythonCommand::Kind;

bool runs(const PythonCommand &command, std::string_view program, std::string_view module)
{
  return command.kind == Kind::module ? command.name == module
                                      : file_name_of(command.name) == program;
}

std::uint32_t count_of(const Settings &settings, std::string_view name, std::uint32_t default_value,
                       std::vector<std::string> &gaps)
{
  Configuration configuration;
  if (const auto given = settings.find(name); given != settings.end())
    configuration.settings[std::string(name)] =
        Setting{ .values = { given->second.values.back() }, .source = given->second.source };
  return SettingReader(configuration, gaps)
      .read<std::uint32_t>(name, default_value, count_in)
      .value_or(default_value);
}

/// The server as its command line describes it.
std::optional<domain::Server> told_waitress(const PythonCommand &command)
{
  constexpr std::array<std::string_view, 8> flags{ "help",
                                                   "ipv4",
                                                   "ipv6",
                                                   "call",
                                                   "expose-tracebacks",
                                                   "log-socket-errors",
                                                   "asyncore-use-poll",
                                                   "clear-untrusted-proxy-headers" };
  if (!runs(command, "waitress-serve", "waitress"))
    return std::nullopt;
  const LongOptions options = decode_long_options(command.arguments, flags);
  domain::Server server;
  server.kind = domain::ServerKind::waitress;
  server.app = options.positional.empty() ? "" : options.positional.front();
  server.worker_class = "threads";
  server.threads_per_worker = std::max(1U, count_of(options.settings, "threads", 4, server.gaps));
  server.workers_configured = 1;
  return server;
}

std::optional<domain::Server> told_uvicorn(const PythonCommand &command)
{
  constexpr std::array<std::string_view, 9> flags{ "help",        "version",       "reload",
                                                   "access-log",  "use-colors",    "proxy-headers",
                                                   "date-header", "server-header", "factory" };
  if (!runs(command, "uvicorn", "uvicorn"))
    return std::nullopt;
  const LongOptions options = decode_long_options(command.arguments, flags);
  domain::Server server;
  server.kind = domain::ServerKind::uvicorn;
  server.app = options.positional.empty() ? "" : options.positional.front();
  server.worker_class = "asyncio";
  server.workers_configured = std::max(1U, count_of(options.settings, "workers", 1, server.gaps));
  server.max_requests = count_of(options.settings, "limit-max-requests", 0, server.gaps);
  return server;
}

} // namespace

PythonServerSurvey::PythonServerSurvey(HostProcesses &host) : host_(host) {}

std::vector<domain::Server> PythonServerSurvey::servers()
{
  std::vector<domain::Server> servers;
  std::map<std::uint32_t, std::vector<std::string>> seen; // command lines by tgid
  for (const RunningProcess &running : host_.all()) {
    const PythonCommand command = decode_python_command(running.argv);
    auto told = told_waitress(command);
    if (!told)
      told = told_uvicorn(command);
    if (!told)
      continue;
    const auto stat = read_stat(host_.proc(), running.tgid);
    if (!stat)
      continue;
    seen.emplace(running.tgid, running.argv);
    // What a server forks has its command line until it executes another program.
    if (const auto parent = seen.find(stat->parent_tgid);
        parent != seen.end() && parent->second == running.argv)
      continue;
    const auto listening = host_.listening_inodes_of(running.tgid);
    if (listening && listening->empty())
      continue; // not yet, or no more
    domain::Server server = describe(*stat, listening.has_value(), std::move(*told));
    if (is_still_there(host_.proc(), *stat))
      servers.push_back(std::move(server));
  }
  return servers;
}

domain::Server PythonServerSurvey::describe(const ProcessStat &master, bool listens,
                                            domain::Server server)
{
  server.master_tgid = master.tgid;
  if (server.workers_configured > 1)
    server.workers = listening_children_of(master.tgid);
  else
    server.workers = {
      { .tgid = master.tgid, .start_ticks = master.start_ticks, .threads = master.threads }
    };
  if (!listens)
    server.gaps.push_back("the sockets of " + std::to_string(master.tgid) + " cannot be seen");
  std::set<std::string> addresses;
  for (const std::uint64_t inode :
       host_.listening_inodes_of(master.tgid).value_or(std::vector<std::uint64_t>{}))
    addresses.insert(host_.address_of(master.tgid, inode));
  server.listen.assign(addresses.begin(), addresses.end());
  if (auto gap = gap_of_requests(server))
    server.gaps.push_back(std::move(*gap));
  describe_surroundings(host_.proc(), master.tgid, server);
  return server;
}

std::vector<domain::WorkerProcess> PythonServerSurvey::listening_children_of(std::uint32_t tgid)
{
  std::vector<domain::WorkerProcess> workers;
  for (const RunningProcess &running : host_.all()) {
    const auto stat = read_stat(host_.proc(), running.tgid);
    if (!stat || stat->parent_tgid != tgid)
      continue;
    const auto listening = host_.listening_inodes_of(running.tgid);
    if (!listening || !listening->empty())
      workers.push_back(
          { .tgid = stat->tgid, .start_ticks = stat->start_ticks, .threads = stat->threads });
  }
  return workers;
}

} // namespace linger::discover
