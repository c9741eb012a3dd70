// The connections of each watched worker, put together from looks at what is open and from counts
// of what was opened.

#pragma once

#include "decode/outgoing_decoder.h"
#include "domain/outgoing.h"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace linger::collect {

/// How many connections to a peer a worker was seen to use first, since the agent came.
struct OpenedCount {
  std::uint32_t tgid = 0;
  domain::Peer peer;
  std::uint64_t count = 0;
};

/// Opened and closed add up: what was there at the first look + opened = open + closed, for
/// connections on which something was sent. Of more than `max_peers` peers of a worker the later
/// ones are one, `other_peers`. Not thread-safe.
class OutgoingLedger {
public:
  static constexpr std::size_t max_peers = 64;
  static constexpr const char *other_peers = "(other peers)";

  /// Counts what this worker opens from now on. What it has open at its first look was there
  /// before. Known workers stay as they are.
  void watch(std::uint32_t tgid, domain::MonotonicTime now);
  [[nodiscard]] bool watches(std::uint32_t tgid) const { return workers_.contains(tgid); }
  [[nodiscard]] std::vector<std::uint32_t> watched() const;

  /// One sample for each of these workers that is watched. `sockets` are all that they have open
  /// now, those that an open request has asked something on marked as in use.
  [[nodiscard]] std::vector<domain::OutgoingSample>
  look(domain::MonotonicTime now, const std::vector<std::uint32_t> &tgids,
       const std::vector<decode::OutgoingSocket> &sockets, const std::vector<OpenedCount> &opened);

  /// The worker has ended, and with it everything that it had open.
  [[nodiscard]] std::optional<domain::OutgoingSample>
  end(std::uint32_t tgid, domain::MonotonicTime now, const std::vector<OpenedCount> &opened);

private:
  struct Held {
    domain::MonotonicTime seen;
    bool was_there = false;
  };
  struct Worker {
    domain::MonotonicTime since;
    bool looked = false;
    std::map<std::uint64_t, Held> held; // by inode
    std::map<std::string, domain::PeerConnections> peers;
    std::map<std::string, std::uint64_t> used_at_first; // by address
  };

  static domain::PeerConnections &account_of(Worker &worker, const domain::Peer &peer);
  static void count_opened(Worker &worker, std::uint32_t tgid,
                           const std::vector<OpenedCount> &opened);
  static void settle(Worker &worker, domain::MonotonicTime now,
                     const std::vector<const decode::OutgoingSocket *> &sockets);
  [[nodiscard]] static domain::OutgoingSample sample_of(std::uint32_t tgid, const Worker &worker,
                                                        domain::MonotonicTime now);

  std::map<std::uint32_t, Worker> workers_; // by tgid
};

} // namespace linger::collect
