// What a field of a recording may hold: whoever wrote the file, what is read can be calculated
// with.

#pragma once

#include "domain/observation.h"
#include "linger/recording/v1/recording.pb.h"

#include <algorithm>
#include <cstdint>

namespace linger::serve {

namespace pb = recording::v1;

/// Reads one frame's fields and remembers what it met that cannot be or that it has no word for.
class FieldReader {
public:
  /// 73 years of uptime, and of wall-clock time until 2116: the sum of two such stays in 64 bits.
  static constexpr std::int64_t most_monotonic_ns = 1LL << 61;
  static constexpr std::int64_t most_wall_ns = 1LL << 62;
  /// 417 days: the sum of a few dozens stays in 64 bits.
  static constexpr std::uint64_t most_span_ns = 1ULL << 55;

  domain::MonotonicTime time(std::int64_t ns)
  {
    possible_ = possible_ && ns >= 0 && ns <= most_monotonic_ns;
    return domain::MonotonicTime{ domain::Nanos{ possible_ ? ns : 0 } };
  }

  domain::Nanos span(std::uint64_t ns)
  {
    possible_ = possible_ && ns <= most_span_ns;
    return domain::Nanos{ possible_ ? static_cast<std::int64_t>(ns) : 0 };
  }

  /// Summed over CPUs or threads: more than can be calculated with is the most that can be.
  static domain::Nanos total(std::uint64_t ns)
  {
    return domain::Nanos{ static_cast<std::int64_t>(
        std::min<std::uint64_t>(ns, most_monotonic_ns)) };
  }

  domain::TimeWindow window(std::int64_t begin_ns, std::int64_t end_ns)
  {
    possible_ = possible_ && begin_ns <= end_ns;
    return { time(begin_ns), time(end_ns) };
  }

  domain::ClockAnchor clock(const pb::ClockAnchor &message)
  {
    possible_ = possible_ && message.wall_ns() >= 0 && message.wall_ns() <= most_wall_ns;
    return { time(message.monotonic_ns()),
             domain::WallTime{ domain::Nanos{ possible_ ? message.wall_ns() : 0 } } };
  }

  domain::Cause cause(pb::Cause cause)
  {
    if (cause >= pb::CAUSE_ON_CPU && cause <= pb::CAUSE_IDLE)
      return static_cast<domain::Cause>(static_cast<int>(cause) - 1);
    known_ = false;
    return domain::Cause::other;
  }

  domain::ProcessEvent::Kind kind(pb::ProcessEvent::Kind kind)
  {
    switch (kind) {
      case pb::ProcessEvent::KIND_STARTED:
        return domain::ProcessEvent::Kind::started;
      case pb::ProcessEvent::KIND_EXECUTED:
        return domain::ProcessEvent::Kind::executed;
      case pb::ProcessEvent::KIND_EXITED:
        return domain::ProcessEvent::Kind::exited;
      default:
        known_ = false;
        return domain::ProcessEvent::Kind::started;
    }
  }

  domain::MemoryTier tier(pb::EscalationTier tier)
  {
    known_ =
        known_ && (tier == pb::ESCALATION_TIER_CENSUS || tier == pb::ESCALATION_TIER_ALLOCATIONS);
    return tier == pb::ESCALATION_TIER_ALLOCATIONS ? domain::MemoryTier::allocations
                                                   : domain::MemoryTier::census;
  }

  domain::ServerKind kind(pb::ServerKind kind)
  {
    if (kind != pb::SERVER_KIND_UNSPECIFIED && pb::ServerKind_IsValid(kind))
      return static_cast<domain::ServerKind>(static_cast<int>(kind) - 1);
    known_ = false;
    return domain::ServerKind::gunicorn;
  }

  /// Of something in memory.
  std::uint64_t size(std::uint64_t bytes)
  {
    constexpr std::uint64_t most_bytes = 1ULL << 48;
    possible_ = possible_ && bytes <= most_bytes;
    return possible_ ? bytes : 0;
  }

  int status(std::uint32_t status)
  {
    possible_ = possible_ && status <= 999;
    return possible_ ? static_cast<int>(status) : 0;
  }

  [[nodiscard]] bool possible() const { return possible_; }
  [[nodiscard]] bool known() const { return known_; }

private:
  bool possible_ = true;
  bool known_ = true;
};

} // namespace linger::serve
