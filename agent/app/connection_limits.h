// How near this host's databases are to the most connections that they take.

#pragma once

#include "discover/local_listeners.h"
#include "discover/postgresql_connections.h"
#include "domain/outgoing.h"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace linger::app {

/// Tells it of PostgreSQL, whose processes say how many connections there are. A server is known by
/// its port, TCP's and that in its unix socket's name; where two have the same one, in network
/// namespaces of their own, nothing is told of either. Not thread-safe.
class ConnectionLimits {
public:
  explicit ConnectionLimits(std::filesystem::path proc) : proc_(std::move(proc)) {}

  /// Who listens now.
  void learn(const std::vector<discover::LocalListener> &listeners);

  /// Adds what is known of the peers to a sample; counts anew every few seconds.
  void enter(domain::OutgoingSample &sample);

private:
  struct Server {
    std::uint32_t postmaster = 0;
    discover::PostgresqlConnections connections;
    std::optional<domain::MonotonicTime> counted;
  };

  void count(Server &server, domain::MonotonicTime now) const;

  std::filesystem::path proc_;
  std::map<std::string, Server, std::less<>> servers_; // by port
};

} // namespace linger::app
