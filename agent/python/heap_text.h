// Short strings out of a heap's copy.

#pragma once

#include "python/heap_copy.h"
#include "python/heap_layout.h"

#include <cstdint>
#include <string>

namespace linger::python {

/// As UTF-8 without control characters; empty when there is no str at `address`, or one that is
/// longer than any name.
[[nodiscard]] std::string heap_text(HeapCopy &copy, const HeapLayout &layout,
                                    std::uint64_t address);

} // namespace linger::python
