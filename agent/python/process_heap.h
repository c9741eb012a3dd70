// Where the heap of one process is to be found and how it is laid out, checked against the process
// itself.

#pragma once

#include "base/result.h"
#include "python/address_space.h"
#include "python/heap_layout.h"
#include "python/interpreter.h"
#include "python/layout.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace linger::python {

struct ProcessHeap {
  Interpreter interpreter;
  Layout layout;
  HeapLayout heap_layout;
};

/// not_found when there is no such process or it runs no CPython, not_supported when that is one we
/// cannot read.
[[nodiscard]] Result<ProcessHeap> heap_of_process(const std::filesystem::path &proc,
                                                  std::uint32_t tgid);

/// What the process has mapped now.
[[nodiscard]] std::vector<Region> regions_of_process(const std::filesystem::path &proc,
                                                     std::uint32_t tgid);

} // namespace linger::python
