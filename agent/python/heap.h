// A heap that is being walked: its copy, and what is known of it.

#pragma once

#include "python/address_space.h"
#include "python/heap_copy.h"
#include "python/heap_layout.h"
#include "python/layout.h"
#include "python/type_table.h"

#include <cstdint>
#include <vector>

namespace linger::python {

struct Heap {
  const AddressSpace &space;
  HeapCopy &copy;
  TypeTable &types;
  const Layout &layout;
  const HeapLayout &heap_layout;
  std::uint64_t runtime = 0;
  /// interpreters_of()
  std::vector<std::uint64_t> interpreters;
};

/// More objects than any worker holds: about 100 GB of them. A list that goes on is then no list.
inline constexpr std::uint64_t most_objects = 1'000'000'000;

} // namespace linger::python
