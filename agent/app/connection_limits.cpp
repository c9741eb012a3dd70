#include "app/connection_limits.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace linger::app {
namespace {

/// A look reads a line of every connection's process.
constexpr std::chrono::seconds count_interval{ 5 };

constexpr std::string_view program = "postgres";
constexpr std::string_view name = "postgresql";

/// "5432" of "127.0.0.1:5432" and of "unix:/run/postgresql/.s.PGSQL.5432".
std::string_view port_in(std::string_view address)
{
  return address.substr(std::min(address.find_last_of(":.") + 1, address.size()));
}

} // namespace

void ConnectionLimits::learn(const std::vector<discover::LocalListener> &listeners)
{
  std::map<std::string, std::set<std::uint32_t>> postmasters;
  for (const discover::LocalListener &listener : listeners)
    if (listener.comm == program)
      postmasters[std::string(port_in(listener.address))].insert(listener.tgid);
  std::erase_if(servers_, [&](const auto &known) {
    const auto found = postmasters.find(known.first);
    return found == postmasters.end() ||
           found->second != std::set<std::uint32_t>{ known.second.postmaster };
  });
  for (const auto &[port, tgids] : postmasters) {
    if (tgids.size() != 1 || servers_.contains(port))
      continue;
    Server server{ .postmaster = *tgids.begin(), .connections = {}, .counted = {} };
    // A server whose files may not be read has no limit that is known.
    if (const auto limit = discover::postgresql_limit(proc_, server.postmaster))
      server.connections.limit = *limit;
    servers_.emplace(port, server);
  }
}

void ConnectionLimits::enter(domain::OutgoingSample &sample)
{
  for (domain::PeerConnections &peer : sample.peers) {
    if (peer.peer.name != name)
      continue;
    const auto server = servers_.find(port_in(peer.peer.address));
    if (server == servers_.end())
      continue;
    count(server->second, sample.time);
    peer.taken = server->second.connections.taken;
    peer.limit = server->second.connections.limit;
  }
}

void ConnectionLimits::count(Server &server, domain::MonotonicTime now) const
{
  if (server.counted && now - *server.counted < count_interval)
    return;
  server.counted = now;
  server.connections.taken = discover::postgresql_clients(proc_, server.postmaster).value_or(0);
}

} // namespace linger::app
