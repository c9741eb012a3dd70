// Where CPython keeps what is asked of it, by version. 64-bit little-endian builds with a GIL.

#pragma once

#include "base/result.h"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

namespace linger::python {

struct Version {
  std::uint8_t major = 0;
  std::uint8_t minor = 0;

  auto operator<=>(const Version &) const = default;
};

/// "3.11".
[[nodiscard]] std::string text_of(Version version);

/// How a frame tells where it is in its code.
enum class Instruction {
  bytes,   // an int, in bytes (3.8, 3.9)
  units,   // an int, in code units of two bytes (3.10)
  pointer, // an address inside of the code object (3.11 and newer)
};

/// How a code object tells the line of an instruction.
enum class LineTable {
  lnotab,    // 3.8, 3.9
  ranges,    // 3.10, PEP 626
  locations, // 3.11 and newer, PEP 657
};

/// Offsets in bytes. nullopt: this version has no such thing.
struct Layout {
  Version version;

  // From _PyRuntime.
  std::uint16_t runtime_interpreters_head = 0;
  std::uint16_t runtime_interpreters_main = 0;
  std::uint16_t runtime_slot_key = 0; // the key of the threads' own slot, an int
  std::optional<std::uint16_t> runtime_gil;

  std::optional<std::uint16_t> interpreter_gil; // a pointer
  std::uint16_t interpreter_threads_head = 0;
  std::uint16_t interpreter_next = 0;

  std::uint16_t thread_next = 8;
  std::uint16_t thread_interpreter = 16;
  std::uint16_t thread_id = 0; // pthread_self()
  std::uint16_t thread_frame = 0;
  std::uint16_t thread_context = 0;          // the contextvars.Context that the thread is in
  std::optional<std::uint16_t> cframe_frame; // thread_frame then leads to a _PyCFrame

  std::uint16_t frame_previous = 0;
  std::uint16_t frame_code = 0;
  std::uint8_t frame_code_tag_mask = 0;
  std::uint16_t frame_instruction = 0;
  Instruction instruction = Instruction::pointer;
  std::optional<std::uint16_t> frame_owner;
  std::uint8_t first_foreign_owner = 0xff; // frames that are no Python function begin here

  std::uint16_t code_first_line = 0;
  std::uint16_t code_file_name = 0;
  std::uint16_t code_name = 0;
  std::optional<std::uint16_t> code_qualified_name;
  std::uint16_t code_line_table = 0;
  std::uint16_t code_instructions = 0; // inline, from 3.11 on
  LineTable line_table = LineTable::locations;

  std::uint16_t ascii_text = 0;   // sizeof(PyASCIIObject)
  std::uint16_t unicode_text = 0; // sizeof(PyCompactUnicodeObject)

  bool operator==(const Layout &) const = default;
};

/// nullopt for a version that is not known: older than 3.8, newer than 3.14.
[[nodiscard]] std::optional<Layout> layout_of(Version version);

// The same in all of these versions.
inline constexpr std::uint16_t object_type = 8;
inline constexpr std::uint16_t variable_object_size = 16;
inline constexpr std::uint16_t bytes_text = 32;
inline constexpr std::uint16_t unicode_length = 16;
inline constexpr std::uint16_t unicode_state = 32;
/// struct _gil_runtime_state: what lies in front is no futex.
inline constexpr std::uint16_t gil_futexes_begin = 32;
inline constexpr std::uint16_t gil_bytes = 208;
/// asyncio.Handle, a class with slots, which lie in alphabetical order.
inline constexpr std::uint16_t handle_context = 40;

} // namespace linger::python
