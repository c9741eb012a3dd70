// What a process's pages come to when each is divided by the number of processes that have it.

#pragma once

#include "base/result.h"
#include "domain/time.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string_view>

namespace linger::discover {

/// The line "Pss:  123 kB" of /proc/TGID/smaps_rollup (Linux 4.14), in bytes; nullopt where there
/// is none.
[[nodiscard]] std::optional<std::uint64_t> proportional_bytes_in(std::string_view smaps_rollup);

/// Remembers shares, as the kernel visits every page to tell one: one process is looked at each
/// second at most, the others in turns. Not thread-safe.
class ProportionalShares {
public:
  explicit ProportionalShares(std::filesystem::path proc) : proc_(std::move(proc)) {}

  /// 0 before the first look, which is some seconds after the first call, and where it may not be
  /// seen.
  [[nodiscard]] std::uint64_t of(std::uint32_t tgid, domain::MonotonicTime now);

private:
  struct Share {
    std::uint64_t bytes = 0;
    domain::MonotonicTime begun;
    std::optional<domain::MonotonicTime> seen;
    domain::MonotonicTime asked;
  };

  /// Those that nobody has asked for in a while have ended.
  void forget_old(domain::MonotonicTime now);

  std::filesystem::path proc_;
  std::map<std::uint32_t, Share> shares_; // by tgid
  std::optional<domain::MonotonicTime> looked_;
};

} // namespace linger::discover
