// One worker's connections to its peers over a window.

#pragma once

#include "domain/outgoing.h"

#include <map>
#include <string>
#include <vector>

namespace linger::domain {

/// Takes looks in the order in which they were made. Memory is bounded by the peers that they name.
/// Not thread-safe.
class OutgoingAggregate {
public:
  /// What was counted before `window_begin` is left out.
  void add(const OutgoingSample &sample, MonotonicTime window_begin);

  /// By address; peers that nothing was open to in the window are left out.
  [[nodiscard]] std::vector<PeerReport> report() const;

private:
  struct Tally {
    std::uint64_t opened_before = 0;
    std::uint64_t closed_before = 0;
    std::uint64_t most_open = 0;
    std::uint64_t most_in_use = 0;
    PeerConnections latest;
  };

  bool looked_ = false;
  MonotonicTime time_;
  std::map<std::string, Tally> tallies_; // by address
};

} // namespace linger::domain
