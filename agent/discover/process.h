// One process as /proc shows it to everybody.

#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// The fields of /proc/TGID/stat that discovery needs.
struct ProcessStat {
  std::uint32_t tgid = 0;
  /// At most 15 bytes, whatever the process likes: spaces, parentheses, line feeds.
  std::string comm;
  std::uint32_t parent_tgid = 0;
  std::uint32_t threads = 0;
  std::uint64_t start_ticks = 0;
};

/// Fails as malformed when the line is cut short or is none.
[[nodiscard]] Result<ProcessStat> decode_stat(std::string_view line);
[[nodiscard]] Result<ProcessStat> read_stat(const std::filesystem::path &proc, std::uint32_t tgid);

/// The variables that a process was started with.
using Environment = std::map<std::string, std::string, std::less<>>;

/// What of /proc/TGID/environ has the form NAME=value; the rest is what a title left of it. Of a
/// name given twice the first counts, as in getenv(3).
[[nodiscard]] Environment decode_environment(std::string_view bytes);

/// The number that the process has in its own pid namespace; `tgid` where the kernel does not say.
[[nodiscard]] std::uint32_t tgid_in_own_namespace(const std::filesystem::path &proc,
                                                  std::uint32_t tgid);

} // namespace linger::discover
