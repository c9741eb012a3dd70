// The objects that CPython's collector knows: those that can refer to others.

#pragma once

#include "base/result.h"
#include "python/heap.h"
#include "python/object_set.h"

#include <cstdint>
#include <vector>

namespace linger::python {

/// The interpreters of a process, the newest first; several where there are sub-interpreters.
[[nodiscard]] Result<std::vector<std::uint64_t>>
interpreters_of(HeapCopy &copy, const Layout &layout, std::uint64_t runtime);

/// What becomes of a list that does not close, because the process changed it while it was copied.
enum class TornList {
  refused,
  /// From its beginning up to the tear, and from its end back to it.
  counted,
};

struct Tracked {
  /// Nodes that lead on but hold no object: freed while they were read.
  std::uint64_t unresolved = 0;
  /// In the list of those that were frozen (gc.freeze).
  std::uint64_t frozen = 0;
  /// A collection was going on: objects may have been in lists of its own.
  bool collecting = false;
  /// Lists that did not close.
  std::uint64_t torn = 0;
};

/// Walks the lists of all generations and the frozen one, of every interpreter, and puts their
/// objects into `objects`. exhausted, with a sentence, when there are more than `most`, or when a
/// list does not close and `torn` refuses it: a link that leads nowhere, a node twice. Trying again
/// may help.
[[nodiscard]] Result<Tracked> walk_gc_lists(const Heap &heap, ObjectSet &objects, TornList torn,
                                            std::uint64_t most = most_objects);

} // namespace linger::python
