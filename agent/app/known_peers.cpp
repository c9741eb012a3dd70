#include "app/known_peers.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace linger::app {
namespace {

constexpr std::size_t comm_length = 15;

constexpr std::array<std::pair<std::string_view, domain::Cause>, 15> programs{ {
    { "postgres", domain::Cause::database },
    { "pgbouncer", domain::Cause::database },
    { "mysqld", domain::Cause::database },
    { "mariadbd", domain::Cause::database },
    { "proxysql", domain::Cause::database },
    { "mongod", domain::Cause::database },
    { "mongos", domain::Cause::database },
    { "redis-server", domain::Cause::cache },
    { "redis-sentinel", domain::Cause::cache },
    { "valkey-server", domain::Cause::cache },
    { "keydb-server", domain::Cause::cache },
    { "memcached", domain::Cause::cache },
    { "dnsmasq", domain::Cause::dns },
    { "unbound", domain::Cause::dns },
    { "systemd-resolved", domain::Cause::dns },
} };

/// "[::1]:80" is bound to "::1", "127.0.0.1:80" to "127.0.0.1".
std::string host_of(const std::string &address)
{
  std::string host = address.substr(0, address.rfind(':'));
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return host;
}

/// Where clients on this host reach what is bound to `host`.
std::vector<std::string> reached_at(const std::string &host)
{
  if (host == "0.0.0.0")
    return { "127.0.0.1" };
  if (host == "::")
    return { "127.0.0.1", "::1" };
  return { host };
}

} // namespace

std::optional<domain::Cause> cause_of_program(std::string_view comm)
{
  const auto *program = std::ranges::find_if(programs, [&](const auto &known) {
    return known.first.substr(0, comm_length) == comm.substr(0, comm_length);
  });
  if (program == programs.end())
    return std::nullopt;
  return program->second;
}

std::vector<KnownPeer> known_peers(const std::vector<discover::LocalListener> &listeners)
{
  std::vector<KnownPeer> peers;
  for (const discover::LocalListener &listener : listeners) {
    const std::optional<domain::Cause> cause = cause_of_program(listener.comm);
    if (!cause)
      continue;
    if (!listener.path.empty()) {
      peers.push_back({ .address = listener.path, .port = 0, .cause = *cause });
      continue;
    }
    for (std::string &host : reached_at(host_of(listener.address)))
      peers.push_back({ .address = std::move(host), .port = listener.port, .cause = *cause });
  }
  return peers;
}

} // namespace linger::app
