// What the processes that listen on this host stand for as peers.

#pragma once

#include "discover/local_listeners.h"
#include "domain/cause.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace linger::app {

/// One address that workers may connect to, and the cause that waiting for it has.
struct KnownPeer {
  /// "127.0.0.1", "::1", or a unix socket's path.
  std::string address;
  /// 0 for a unix socket.
  std::uint16_t port = 0;
  domain::Cause cause = domain::Cause::upstream;
  /// What people call it: "postgresql".
  std::string name;

  bool operator==(const KnownPeer &) const = default;
  auto operator<=>(const KnownPeer &) const = default;
};

/// A server program as its clients see it.
struct KnownProgram {
  std::string_view comm;
  domain::Cause cause = domain::Cause::upstream;
  std::string_view name;
};

/// What a server program of that name is to its clients: "postgres" is a database called
/// "postgresql". The kernel cuts names to 15 bytes, and so does this. Null when it is not known.
[[nodiscard]] const KnownProgram *known_program(std::string_view comm);

/// The listeners whose program is known. One bound to all addresses is known under the loopback
/// ones; clients that reach it by another address need its port in the configuration.
[[nodiscard]] std::vector<KnownPeer>
known_peers(const std::vector<discover::LocalListener> &listeners);

} // namespace linger::app
