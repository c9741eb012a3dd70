// Counts the objects of a heap by type.

#pragma once

#include "base/result.h"
#include "domain/census.h"
#include "python/gc_lists.h"
#include "python/heap.h"
#include "python/object_set.h"

#include <cstdint>
#include <vector>

namespace linger::python {

/// What one walk over a heap found. Counts are by Type::number.
struct HeapCount {
  struct Sum {
    std::uint64_t objects = 0;
    std::uint64_t bytes = 0;
  };
  std::vector<Sum> by_type;
  Tracked tracked;
  std::uint64_t tracked_objects = 0;
  /// References of containers that led to no object.
  std::uint64_t unresolved = 0;
};

/// Counts the tracked objects and what can be reached from them: strings, numbers, and containers
/// that the collector has untracked. On return `objects` holds them all. exhausted as
/// walk_gc_lists() says, or when there are more than `most` objects.
[[nodiscard]] Result<HeapCount> count_heap(const Heap &heap, ObjectSet &objects,
                                           TornList torn = TornList::refused,
                                           std::uint64_t most = most_objects);

/// The counts under the names of their types.
[[nodiscard]] std::vector<domain::TypeCount> named(const HeapCount &count, const TypeTable &types);

} // namespace linger::python
