// Strings of another process's Python, as UTF-8.

#pragma once

#include "base/result.h"
#include "python/layout.h"
#include "python/memory.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace linger::python {

/// Longer strings are refused: no path and no function's name is so long.
inline constexpr std::uint64_t most_characters = 4096;

/// Characters of 1 (Latin-1), 2 (UCS-2) or 4 bytes (UCS-4), little-endian, as UTF-8. What is no
/// character becomes U+FFFD, what a terminal would act upon becomes '?'.
[[nodiscard]] std::string utf8_of(std::span<const std::byte> characters, unsigned character_bytes);

/// The text of the compact str object at `address`. malformed when there is none, or it is too
/// long.
[[nodiscard]] Result<std::string> read_text(const Memory &memory, const Layout &layout,
                                            std::uint64_t address);

} // namespace linger::python
