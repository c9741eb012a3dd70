// Everything that it takes to read the Python stacks of one process, checked against the process
// itself.

#pragma once

#include "base/result.h"
#include "python/interpreter.h"
#include "python/layout.h"
#include "python/memory.h"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace linger::python {

/// Where the C library keeps a thread's value of the key that belongs to the interpreter.
struct Slot {
  /// From the thread pointer to a pointer to the slots (musl); nullopt: the slots lie there.
  std::optional<std::uint16_t> table;
  std::uint32_t offset = 0;

  bool operator==(const Slot &) const = default;
};

/// nullopt for a key that lies in no such place.
[[nodiscard]] std::optional<Slot> slot_of(std::int32_t key, bool musl);

/// The state of the thread with this thread pointer; 0 where it has none or it cannot be read.
[[nodiscard]] std::uint64_t thread_state_of(const Memory &memory, const Slot &slot,
                                            std::uint64_t thread_pointer);

struct ProcessLayout {
  Layout layout;
  Slot slot;
  std::uint64_t gil_address = 0;
  /// Whether a wait for the GIL shows by the futex's address. musl waits on the thread's stack.
  bool gil_futexes = true;

  bool operator==(const ProcessLayout &) const = default;
};

/// Reads from an interpreter what differs from process to process and checks the whole: a thread's
/// slot holds its state, its frame leads to a code object, whose file name is a string. Tries some
/// times, since the process runs on. not_supported with a sentence when something does not hold.
[[nodiscard]] Result<ProcessLayout> checked_layout(const Memory &memory,
                                                   const Interpreter &interpreter);

/// The two steps in one.
[[nodiscard]] Result<ProcessLayout> layout_of_process(const std::filesystem::path &proc,
                                                      std::uint32_t tgid);

} // namespace linger::python
