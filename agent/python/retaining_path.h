// Who holds the objects of a type.

#pragma once

#include "base/result.h"
#include "domain/census.h"
#include "python/heap.h"
#include "python/object_set.h"

#include <string>
#include <vector>

namespace linger::python {

/// The shortest ways from the variables of modules to the objects of `type`, then from the frames
/// of threads to what no module holds. `type` is a whole name ("shop.views.Session") or what comes
/// behind the last dot. `objects` holds the objects of the heap (count_heap). Memory is bounded by
/// what waits to be looked at: 16 bytes an object of the widest level.
/// usage when the heap has no such type.
[[nodiscard]] Result<domain::Retainers> find_retainers(const Heap &heap, const ObjectSet &objects,
                                                       const std::string &type);

/// What becomes of a type of which the heap holds no object.
enum class MissingType { refused, left_out };

/// The same of several types.
[[nodiscard]] Result<std::vector<domain::Retainers>>
find_retainers(const Heap &heap, const ObjectSet &objects, const std::vector<std::string> &types,
               MissingType missing);

} // namespace linger::python
