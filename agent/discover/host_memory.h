// The memory of the whole host.

#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace linger::discover {

/// What could be given to processes without swapping, as the kernel estimates it (MemAvailable of
/// /proc/meminfo); nullopt when the text does not say so.
[[nodiscard]] std::optional<std::uint64_t> available_bytes_in(std::string_view meminfo);

/// not_found or another error of the file system when the file cannot be read, malformed when it
/// does not say.
[[nodiscard]] Result<std::uint64_t> read_available_bytes(const std::filesystem::path &proc);

} // namespace linger::discover
