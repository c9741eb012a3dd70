// Who listens on this host, to tell a database on a private port from any other peer.

#pragma once

#include "discover/listening_by_namespace.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace linger::discover {

struct LocalListener {
  /// As it is bound: "127.0.0.1:15432", "[::]:80", "unix:/run/postgresql/.s.PGSQL.15432".
  std::string address;
  /// 0 for a unix socket.
  std::uint16_t port = 0;
  /// The file of a unix socket, "@name" for an abstract one; empty for TCP.
  std::string path;
  /// The name of a process that holds the socket, "postgres"; another one than init where there are
  /// several (systemd keeps the sockets it passes on). Empty where none may be seen.
  std::string comm;
  /// That process; 0 where none may be seen.
  std::uint32_t tgid = 0;

  bool operator==(const LocalListener &) const = default;
};

/// Every listening TCP and unix socket of every network namespace that has a visible process, each
/// once, by address and comm. Bounded: what the first 32,768 processes and 262,144 sockets do not
/// tell stays without a name. Processes that vanish or may not be seen are passed over in silence.
/// `namespaces` may know of a socket later than it listens.
[[nodiscard]] std::vector<LocalListener> local_listeners(const std::filesystem::path &proc,
                                                         ListeningByNamespace &namespaces);

} // namespace linger::discover
