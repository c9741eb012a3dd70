// Which server a process belongs to.

#pragma once

#include "domain/observation.h"

#include <cstdint>
#include <optional>
#include <unordered_map>

namespace linger::app {

/// Learns from the servers found and from the processes that come and go between two looks at
/// /proc. A process that ended is remembered for a minute, because what it did last may be told
/// after its end. Not thread-safe.
class ServerMembers {
public:
  void add(const domain::ServersSeen &seen);
  void add(const domain::ProcessEvent &event);

  /// The master_tgid of the server that `tgid` is the master, a worker or a descendant of.
  [[nodiscard]] std::optional<std::uint32_t> master_of(std::uint32_t tgid) const;

private:
  struct Member {
    std::uint32_t master_tgid = 0;
    std::optional<domain::MonotonicTime> ended;
  };
  std::unordered_map<std::uint32_t, Member> members_; // by tgid
};

} // namespace linger::app
