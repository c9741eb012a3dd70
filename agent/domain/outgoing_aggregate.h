// One worker's connections to its peers over a window.

#pragma once

#include "domain/outgoing.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace linger::domain {

/// Takes looks in the order in which they were made. Memory is bounded by the peers that they name,
/// for each of which at most `max_looks` are kept. Not thread-safe.
class OutgoingAggregate {
public:
  static constexpr std::size_t max_looks = 64;

  /// What was counted before `window_begin` is left out. `requests` of the worker were seen by
  /// then.
  void add(const OutgoingSample &sample, MonotonicTime window_begin, std::uint64_t requests);

  /// By address; peers that nothing was open to in the window are left out.
  [[nodiscard]] std::vector<PeerReport> report() const;

private:
  struct Look {
    std::uint64_t requests = 0;
    std::uint64_t unused = 0;
  };
  struct Tally {
    std::uint64_t opened_before = 0;
    std::uint64_t closed_before = 0;
    std::uint64_t most_open = 0;
    std::uint64_t most_in_use = 0;
    std::uint64_t most_taken = 0;
    /// Since when each look has found one idle in a transaction.
    std::optional<MonotonicTime> idle_in_transaction_since;
    Nanos longest_idle_in_transaction{};
    /// 0 where the first look did not find the peer.
    std::uint64_t unused_first = 0;
    /// Every one, until there were too many: then every second, every fourth.
    std::vector<Look> looks;
    std::uint64_t looks_between = 0;
    std::uint64_t looks_skipped = 0;
    PeerConnections latest;
  };

  static void keep_look(Tally &tally, Look look);
  static void follow_transactions(Tally &tally, const PeerConnections &peer, MonotonicTime time);
  [[nodiscard]] static std::uint64_t unused_at(const Tally &tally, std::uint64_t requests);

  bool looked_ = false;
  MonotonicTime time_;
  std::uint64_t first_requests_ = 0;
  std::uint64_t requests_ = 0;
  std::map<std::string, Tally> tallies_; // by address
};

} // namespace linger::domain
