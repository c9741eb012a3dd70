// How large an object is, as sys.getsizeof() says it in the process.

#pragma once

#include "python/heap_copy.h"
#include "python/heap_layout.h"
#include "python/type_table.h"

#include <cstdint>

namespace linger::python {

/// With the object's own tables and what stands in front of it, without what it refers to. Exact
/// for the builtin types and instances of classes; a type in C that counts more than its structure
/// (array.array, numpy.ndarray) is told without that. A length that cannot be is left out.
[[nodiscard]] std::uint64_t object_bytes(HeapCopy &copy, const HeapLayout &layout,
                                         std::uint64_t object, const Type &type);

} // namespace linger::python
