// From an instruction to its line, in the three formats that CPython has had since 3.8. Pure: the
// tables come from another process and may hold anything.

#pragma once

#include "python/layout.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace linger::python {

/// The line of the instruction that begins `instruction_bytes` into the code. nullopt when the
/// table ends before it, is cut short, gives the instruction no line or one that cannot be.
[[nodiscard]] std::optional<std::int32_t> line_of(LineTable format,
                                                  std::span<const std::byte> table,
                                                  std::int32_t first_line,
                                                  std::uint32_t instruction_bytes);

} // namespace linger::python
