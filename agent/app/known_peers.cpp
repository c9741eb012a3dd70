#include "app/known_peers.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace linger::app {
namespace {

constexpr std::size_t comm_length = 15;

using domain::Cause;

constexpr std::array<KnownProgram, 15> programs{ {
    { "postgres", Cause::database, "postgresql" },
    { "pgbouncer", Cause::database, "pgbouncer" },
    { "mysqld", Cause::database, "mysql" },
    { "mariadbd", Cause::database, "mariadb" },
    { "proxysql", Cause::database, "proxysql" },
    { "mongod", Cause::database, "mongodb" },
    { "mongos", Cause::database, "mongodb" },
    { "redis-server", Cause::cache, "redis" },
    { "redis-sentinel", Cause::cache, "redis" },
    { "valkey-server", Cause::cache, "valkey" },
    { "keydb-server", Cause::cache, "keydb" },
    { "memcached", Cause::cache, "memcached" },
    { "dnsmasq", Cause::dns, "dnsmasq" },
    { "unbound", Cause::dns, "unbound" },
    { "systemd-resolved", Cause::dns, "systemd-resolved" },
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

const KnownProgram *known_program(std::string_view comm)
{
  const auto *program = std::ranges::find_if(programs, [&](const KnownProgram &known) {
    return known.comm.substr(0, comm_length) == comm.substr(0, comm_length);
  });
  return program == programs.end() ? nullptr : program;
}

std::vector<KnownPeer> known_peers(const std::vector<discover::LocalListener> &listeners)
{
  std::vector<KnownPeer> peers;
  for (const discover::LocalListener &listener : listeners) {
    const KnownProgram *program = known_program(listener.comm);
    if (program == nullptr)
      continue;
    const auto add = [&](std::string address, std::uint16_t port) {
      peers.push_back({ .address = std::move(address),
                        .port = port,
                        .cause = program->cause,
                        .name = std::string(program->name) });
    };
    if (!listener.path.empty()) {
      add(listener.path, 0);
      continue;
    }
    for (std::string &host : reached_at(host_of(listener.address)))
      add(std::move(host), listener.port);
  }
  return peers;
}

} // namespace linger::app
