// Whether a process did anything between two looks.

#pragma once

#include "base/result.h"

#include <compare>
#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace linger::python {

struct ThreadActivity {
  std::uint32_t tid = 0;
  /// Running, or waiting for a CPU.
  bool runnable = false;
  /// Over, but nobody has asked for its exit status yet.
  bool ended = false;
  /// How often it was switched out, of its own will or not.
  std::uint64_t switches = 0;

  auto operator<=>(const ThreadActivity &) const = default;
};

/// From the text of /proc/TGID/task/TID/status; malformed when it lacks something.
[[nodiscard]] Result<ThreadActivity> activity_in(std::string_view status, std::uint32_t tid);

/// All threads of `tgid` that live, by tid; not_found when there is none.
[[nodiscard]] Result<std::vector<ThreadActivity>> activity_of(const std::filesystem::path &proc,
                                                              std::uint32_t tgid);

/// No thread could run.
[[nodiscard]] bool is_idle(const std::vector<ThreadActivity> &threads);

/// No thread ran between the two looks: each was waiting and was not switched out since, none came
/// and none went.
[[nodiscard]] bool stayed_idle(const std::vector<ThreadActivity> &before,
                               const std::vector<ThreadActivity> &after);

} // namespace linger::python
