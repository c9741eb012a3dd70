// The accept queues of one server over a window.

#pragma once

#include "domain/observation.h"
#include "domain/report.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace linger::domain {

/// Memory is bounded: addresses beyond the first `max_addresses` are not followed. Not thread-safe.
class ListenAggregate {
public:
  static constexpr std::size_t max_addresses = 64;

  void add(const ListenSample &sample);

  /// By address.
  [[nodiscard]] std::vector<ListenQueueReport> report() const;

private:
  struct Followed {
    ListenQueueReport report;
    std::uint64_t dropped = 0; // by the latest sample, since the socket was made
  };
  std::map<std::string, Followed> by_address_;
};

} // namespace linger::domain
