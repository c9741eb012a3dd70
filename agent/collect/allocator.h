// The allocator that a process uses, and where probes on it go.

#pragma once

#include "base/result.h"
#include "kernel/uprobe.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace linger::collect {

struct CodeRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct Allocator {
  /// "libc.so.6", "libjemalloc.so.2", "uwsgi".
  std::string name;
  /// Where blocks begin and where they end.
  kernel::UprobeTarget allocations;
  kernel::UprobeTarget frees;
  /// Where its code, the C library's and the interpreter's stand in the process: what these map is
  /// not theirs to keep. Empty where others' calls of mmap() cannot be told from theirs: with
  /// another C library than glibc.
  std::vector<CodeRange> own_code;
};

/// Follows the interpreter's own calls of malloc() to whoever answers them: the C library, a
/// library that was preloaded, the executable. The instructions are compared with those that the
/// process runs. not_supported with a sentence where a place that a probe needs is not found.
[[nodiscard]] Result<Allocator> find_allocator(const std::filesystem::path &proc,
                                               std::uint32_t tgid);

} // namespace linger::collect
