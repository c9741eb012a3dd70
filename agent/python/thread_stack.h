// The Python functions that another process's thread is in, read while it waits.

#pragma once

#include "python/memory.h"
#include "python/process_layout.h"
#include "python/symbolizer.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace linger::python {

inline constexpr std::size_t max_stack_frames = 48;

/// Innermost first, without frames that are no Python function; at most max_stack_frames of all.
/// Empty where nothing can be read. A thread that runs on meanwhile gives a stack that is torn:
/// Symbolizer refuses frames whose code is none.
[[nodiscard]] std::vector<FrameAddress> stack_of(const Memory &memory, const ProcessLayout &process,
                                                 std::uint64_t thread_pointer);

} // namespace linger::python
