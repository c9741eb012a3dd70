#include "python/debug_offsets.h"

#include "python/interpreter.h"

#include <array>
#include <cstring>
#include <fmt/format.h>

namespace linger::python {
namespace {

constexpr std::size_t version_position = 8;
constexpr std::size_t free_threaded_position = 16;
/// No structure of the interpreter's is as large.
constexpr std::uint64_t most_offset = 0x8000;

/// Where in the table an offset stands.
struct Entry {
  std::size_t in_3_13;
  std::size_t in_3_14;
  std::uint16_t Layout::*offset;
};

constexpr std::array entries{
  Entry{ 40, 40, &Layout::runtime_interpreters_head },
  Entry{ 64, 64, &Layout::interpreter_next },
  Entry{ 72, 72, &Layout::interpreter_threads_head },
  Entry{ 168, 192, &Layout::thread_next },
  Entry{ 176, 200, &Layout::thread_interpreter },
  Entry{ 184, 208, &Layout::thread_frame },
  Entry{ 192, 216, &Layout::thread_id },
  Entry{ 232, 256, &Layout::frame_previous },
  Entry{ 240, 264, &Layout::frame_code },
  Entry{ 248, 272, &Layout::frame_instruction },
  Entry{ 280, 320, &Layout::code_file_name },
  Entry{ 288, 328, &Layout::code_name },
  Entry{ 304, 344, &Layout::code_line_table },
  Entry{ 312, 352, &Layout::code_first_line },
  Entry{ 344, 384, &Layout::code_instructions },
  Entry{ 560, 640, &Layout::ascii_text },
};

/// Likewise for what older versions do not have.
struct OptionalEntry {
  std::size_t in_3_13;
  std::size_t in_3_14;
  std::optional<std::uint16_t> Layout::*offset;
};

constexpr std::array optional_entries{
  OptionalEntry{ 112, 120, &Layout::interpreter_gil },
  OptionalEntry{ 264, 288, &Layout::frame_owner },
  OptionalEntry{ 296, 336, &Layout::code_qualified_name },
};

std::uint64_t word_at(std::span<const std::byte> table, std::size_t position)
{
  std::uint64_t word = 0;
  std::memcpy(&word, table.data() + position, sizeof word);
  return word;
}

Result<std::uint16_t> offset_at(std::span<const std::byte> table, std::size_t position)
{
  const std::uint64_t offset = word_at(table, position);
  if (offset > most_offset)
    return failure(Error::Kind::malformed,
                   fmt::format("CPython's debug offsets say {} at {}", offset, position));
  return static_cast<std::uint16_t>(offset);
}

} // namespace

Result<Layout> with_debug_offsets(Layout layout, std::span<const std::byte> table)
{
  if (table.size() < debug_offsets_bytes || std::memcmp(table.data(), "xdebugpy", 8) != 0)
    return failure(Error::Kind::malformed, "there are no debug offsets at _PyRuntime");
  const Version version = unpacked(static_cast<std::uint32_t>(word_at(table, version_position)));
  if (version != layout.version)
    return failure(Error::Kind::malformed, fmt::format("the debug offsets are those of {}, not {}",
                                                       text_of(version), text_of(layout.version)));
  if (word_at(table, free_threaded_position) != 0)
    return failure(Error::Kind::not_supported,
                   fmt::format("CPython {} was built without the GIL", text_of(version)));

  const bool before_3_14 = version < Version{ 3, 14 };
  for (const auto &[in_3_13, in_3_14, member] : entries) {
    const auto offset = offset_at(table, before_3_14 ? in_3_13 : in_3_14);
    if (!offset)
      return tl::unexpected(offset.error());
    layout.*member = *offset;
  }
  for (const auto &[in_3_13, in_3_14, member] : optional_entries) {
    const auto offset = offset_at(table, before_3_14 ? in_3_13 : in_3_14);
    if (!offset)
      return tl::unexpected(offset.error());
    layout.*member = *offset;
  }
  return layout;
}

} // namespace linger::python
