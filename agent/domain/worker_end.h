// How a worker ended, and what it was serving then.

#pragma once

#include "domain/cause.h"
#include "domain/time.h"

#include <cstdint>
#include <string>
#include <vector>

namespace linger::domain {

/// A request that got no response because its worker ended.
struct LostRequest {
  /// "GET /report/{}"; empty where its first bytes could not be read.
  std::string endpoint;
  /// From its begin to its end.
  Nanos open{};
  /// What took most of that, and where that was called from, as in SiteReport; empty where no wait
  /// was long enough.
  Cause cause = Cause::other;
  Nanos waited{};
  std::string what;
  std::string code;

  bool operator==(const LostRequest &) const = default;
};

struct WorkerEnd {
  MonotonicTime time;
  /// As waitpid(2) reports it.
  int wait_status = 0;
  /// The first signal that asked it to end; 0 when none did.
  std::uint32_t signal = 0;
  /// Of that signal; 0: the kernel.
  std::uint32_t sender_tgid = 0;
  bool by_master = false;
  /// The kernel killed it to have its memory.
  bool out_of_memory = false;
  /// The longest first, at most WorkerEnd::most_lost.
  static constexpr std::size_t most_lost = 8;
  std::vector<LostRequest> lost;
};

} // namespace linger::domain
