#pragma once

#include "base/result.h"
#include "domain/outgoing.h"

#include <cstddef>
#include <map>
#include <span>
#include <string>

struct peer;
struct wait_target;

namespace linger::decode {

/// One socket that a worker holds open to a peer.
struct OutgoingSocket {
  std::uint32_t tgid = 0;
  /// The kernel's address of it and its own port: name it while it is open.
  std::uint64_t socket = 0;
  std::uint64_t port = 0;
  /// Names it for good.
  std::uint64_t inode = 0;
  /// Something has been sent on it.
  bool used = false;
  /// By a request of an event loop.
  bool in_use = false;
  bool closed_by_peer = false;
  bool is_unix = false;
  std::optional<domain::MonotonicTime> transaction_since;
  domain::Peer peer;
};

/// What the peer at an address is called: "127.0.0.1:5432" -> "postgresql".
using PeerNames = std::map<std::string, std::string>;

/// Turns the bytes of a struct outgoing_record into a socket. Fails as `malformed` when size,
/// target, cause or time are impossible.
[[nodiscard]] Result<OutgoingSocket> decode_outgoing(std::span<const std::byte> record,
                                                     const PeerNames &names);

/// A cause that is none makes it an upstream.
[[nodiscard]] domain::Peer describe_peer(const wait_target &target, const peer &known,
                                         const PeerNames &names);

} // namespace linger::decode
