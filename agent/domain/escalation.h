// That the agent looked closer at a worker's memory by itself.

#pragma once

#include "domain/time.h"

#include <cstdint>
#include <optional>
#include <string>

namespace linger::domain {

/// How memory is measured, each dearer and closer than the one before.
enum class MemoryTier { none, growth, census, allocations };

/// One closer look at one worker. Told when it begins and again when it has ended; the later one
/// replaces the earlier.
struct Escalation {
  MonotonicTime begin;
  /// Nothing while it goes on.
  std::optional<MonotonicTime> end;
  /// master_tgid.
  std::uint32_t server = 0;
  std::uint32_t tgid = 0;
  /// What was done: census or allocations.
  MemoryTier tier = MemoryTier::census;
  /// The endpoint that it was done for, "GET /report/{}".
  std::string endpoint;
  /// Why, and what came of it, a sentence each; the outcome is empty while it goes on.
  std::string reason;
  std::string outcome;

  bool operator==(const Escalation &) const = default;
};

} // namespace linger::domain
