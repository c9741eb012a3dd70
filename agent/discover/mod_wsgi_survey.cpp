#include "discover/mod_wsgi_survey.h"

#include "discover/process.h"
#include "discover/server_facts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <map>
#include <set>
#include <utility>

namespace linger::discover {

std::string mod_wsgi_group(const std::vector<std::string> &argv)
{
  constexpr std::string_view begin = "(wsgi:";
  if (argv.empty() || !argv.front().starts_with(begin))
    return {};
  // A name longer than its room is cut.
  return argv.front().substr(begin.size(), argv.front().find(')') - begin.size());
}

ModWsgiSurvey::ModWsgiSurvey(HostProcesses &host) : host_(host) {}

std::vector<domain::Server> ModWsgiSurvey::servers()
{
  std::map<std::uint32_t, domain::Server> found; // by master_tgid
  std::map<std::uint32_t, std::set<std::string>> groups;
  for (const RunningProcess &running : host_.all()) {
    std::string group = mod_wsgi_group(running.argv);
    if (group.empty())
      continue;
    const auto stat = read_stat(host_.proc(), running.tgid);
    if (!stat)
      continue;
    found[stat->parent_tgid].workers.push_back(
        { .tgid = stat->tgid, .start_ticks = stat->start_ticks, .threads = stat->threads });
    groups[stat->parent_tgid].insert(std::move(group));
  }

  std::vector<domain::Server> servers;
  for (auto &[master, server] : found) {
    server.master_tgid = master;
    server.app = fmt::format("{}", fmt::join(groups[master], ", "));
    servers.push_back(describe(std::move(server)));
  }
  return servers;
}

domain::Server ModWsgiSurvey::describe(domain::Server server)
{
  server.kind = domain::ServerKind::mod_wsgi;
  server.worker_class = "threads";
  server.workers_configured = static_cast<std::uint32_t>(server.workers.size());
  std::set<std::string> addresses;
  for (const std::uint64_t inode :
       host_.listening_inodes_of(server.master_tgid).value_or(std::vector<std::uint64_t>{})) {
    // The unix sockets are those at which it hands requests on.
    if (std::string address = host_.address_of(server.master_tgid, inode);
        !address.starts_with("unix:"))
      addresses.insert(std::move(address));
  }
  server.listen.assign(addresses.begin(), addresses.end());
  server.gaps.emplace_back("Apache's configuration is not read: the number of workers is that of "
                           "those alive, that of their threads is not known");
  if (auto gap = gap_of_requests(server))
    server.gaps.push_back(std::move(*gap));
  describe_surroundings(host_.proc(), server.workers.front().tgid, server);
  return server;
}

} // namespace linger::discover
