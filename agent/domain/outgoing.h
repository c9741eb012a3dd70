// What a worker holds open to databases, caches and other services.

#pragma once

#include "domain/cause.h"
#include "domain/time.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace linger::domain {

/// The other end of connections.
struct Peer {
  /// "127.0.0.1:5432", "[::1]:6379", "unix:…l/.s.PGSQL.5432".
  std::string address;
  /// What is known to listen there, "postgresql"; empty when nothing is.
  std::string name;
  /// "postgresql", "mysql", "redis", "memcached", "http"; empty when not known.
  std::string protocol;
  Cause cause = Cause::upstream;
  bool tls = false;

  bool operator==(const Peer &) const = default;
};

/// One worker's connections to one peer, at one moment. Each that is open is in use, idle in a
/// transaction, or idle.
struct PeerConnections {
  Peer peer;
  std::uint32_t open = 0;
  /// By a request that has no response yet and has asked something on it.
  std::uint32_t in_use = 0;
  /// Not in use, and the database has a transaction open.
  std::uint32_t idle_in_transaction = 0;
  /// Of those open: the peer has closed its end.
  std::uint32_t closed_by_peer = 0;
  /// Since OutgoingSample::counted_since. A connection counts as opened once something was sent on
  /// it.
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  /// When the oldest that is open was first seen; with `oldest_was_there` it is older than that.
  std::optional<MonotonicTime> oldest_since;
  bool oldest_was_there = false;
  std::optional<MonotonicTime> transaction_since;
  /// Of all the peer's clients, wherever they run; 0 when not known.
  std::uint32_t taken = 0;
  /// The peer takes no more from ordinary clients; 0 when not known.
  std::uint32_t limit = 0;

  bool operator==(const PeerConnections &) const = default;
};

/// All that one worker holds and held.
struct OutgoingSample {
  MonotonicTime time;
  std::uint32_t tgid = 0;
  MonotonicTime counted_since;
  /// By address. Those that nothing is open to any more stay.
  std::vector<PeerConnections> peers;
};

/// One worker's connections to one peer, over a window: the counts of opened and closed are the
/// window's, the others stood at its end.
struct PeerReport {
  Peer peer;
  std::uint64_t open = 0;
  std::uint64_t in_use = 0;
  std::uint64_t idle = 0;
  std::uint64_t idle_in_transaction = 0;
  std::uint64_t closed_by_peer = 0;
  std::uint64_t opened = 0;
  std::uint64_t closed = 0;
  /// At any look.
  std::uint64_t most_open = 0;
  std::uint64_t most_in_use = 0;
  Nanos oldest{};
  bool oldest_was_there = false;
  Nanos longest_transaction{};
  /// The longest time at whose every look at least one was idle in a transaction.
  Nanos longest_idle_in_transaction{};
  /// Open and not in use: at the first look, and at the latest one before half of the worker's
  /// requests had come.
  std::uint64_t unused_first = 0;
  std::uint64_t unused_middle = 0;
  /// Of all the peer's clients, at any look; 0 when not known.
  std::uint64_t most_taken = 0;
  /// That the peer takes from ordinary clients, at the latest look; 0 when not known.
  std::uint64_t limit = 0;
};

} // namespace linger::domain
