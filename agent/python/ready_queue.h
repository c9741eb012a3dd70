// What an asyncio loop is going to run next.

#pragma once

#include "base/result.h"
#include "python/heap.h"

#include <cstdint>
#include <filesystem>

namespace linger::python {

/// The address of the deque in which an event loop keeps its handles: asyncio's own loops, those of
/// Tornado, which are the same, and uvloop's. It is the loop's for as long as that lives. Of
/// several loops the one that runs on the oldest thread. not_found while no thread runs a loop.
[[nodiscard]] Result<std::uint64_t> ready_queue_in(const Heap &heap);

/// The same for the process `tgid`. Reads some dozen blocks of its memory.
[[nodiscard]] Result<std::uint64_t> ready_queue_of_process(const std::filesystem::path &proc,
                                                           std::uint32_t tgid);

} // namespace linger::python
