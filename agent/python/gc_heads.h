// Where a process's collector keeps the heads of its lists.

#pragma once

#include "base/result.h"
#include "python/heap_layout.h"
#include "python/memory.h"

#include <cstdint>

namespace linger::python {

/// `layout` with the heads where they are in the collector at `collector`, for 3.13 and newer,
/// whose debug offsets do not tell: of the places that releases had, the one from which each of the
/// four lists comes back to its head. not_supported when none does, also after some attempts, since
/// a collection uses the links for something else meanwhile.
[[nodiscard]] Result<HeapLayout> with_heads_found(const Memory &memory, HeapLayout layout,
                                                  std::uint64_t collector);

} // namespace linger::python
