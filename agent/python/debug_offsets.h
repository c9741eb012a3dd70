// _Py_DebugOffsets: from 3.13 on, CPython says itself where it keeps things.

#pragma once

#include "base/result.h"
#include "python/layout.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace linger::python {

/// How much of the table, which lies at the address of _PyRuntime, is read.
inline constexpr std::size_t debug_offsets_bytes = 648;

[[nodiscard]] constexpr bool has_debug_offsets(Version version)
{
  return version >= Version{ 3, 13 };
}

/// `layout` with everything that the table tells taken from there. malformed when the bytes are no
/// such table, or one of another version, or hold an offset that cannot be; not_supported for a
/// build without the GIL.
[[nodiscard]] Result<Layout> with_debug_offsets(Layout layout, std::span<const std::byte> table);

} // namespace linger::python
