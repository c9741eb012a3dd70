// How often something was done with a peer, by what the peer is: round trips, or connections
// opened.

#pragma once

#include "domain/cause.h"

#include <algorithm>
#include <cstdint>
#include <limits>

namespace linger::domain {

struct Calls {
  std::uint64_t database = 0;
  std::uint64_t cache = 0;
  std::uint64_t upstream = 0;
  std::uint64_t dns = 0;

  /// 0 for causes that are no peers.
  [[nodiscard]] std::uint64_t of(Cause cause) const
  {
    switch (cause) {
      case Cause::database:
        return database;
      case Cause::cache:
        return cache;
      case Cause::upstream:
        return upstream;
      case Cause::dns:
        return dns;
      default:
        return 0;
    }
  }

  /// Stops at the most that can be counted.
  Calls &operator+=(const Calls &other)
  {
    const auto add = [](std::uint64_t &sum, std::uint64_t more) {
      sum += std::min(more, std::numeric_limits<std::uint64_t>::max() - sum);
    };
    add(database, other.database);
    add(cache, other.cache);
    add(upstream, other.upstream);
    add(dns, other.dns);
    return *this;
  }
  bool operator==(const Calls &) const = default;
};

} // namespace linger::domain
