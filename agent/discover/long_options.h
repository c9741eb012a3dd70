// Command lines with long options only, as waitress and uvicorn have them.

#pragma once

#include "discover/settings.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

struct LongOptions {
  /// By name; of an option given several times, every value in their order.
  Settings settings;
  /// What is neither an option nor the value of one.
  std::vector<std::string> positional;
};

/// Reads "--port 80", "--port=80" and "--no-ipv6". `flags` are the options without a value, next to
/// everything that begins with "no-".
[[nodiscard]] LongOptions decode_long_options(std::span<const std::string> words,
                                              std::span<const std::string_view> flags);

} // namespace linger::discover
