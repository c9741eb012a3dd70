#include "python/heap_layout.h"

#include "python/debug_offsets.h"

#include <cstring>
#include <fmt/format.h>

namespace linger::python {
namespace {

// Taken from the headers of the releases, checked against running interpreters:
// docs/design/census.md.

constexpr std::array<std::uint16_t, 4> heads_to_3_13{ 24, 48, 72, 104 };
constexpr std::array<std::uint16_t, 4> heads_from_3_14{ 24, 48, 72, 96 };

void to_3_8(HeapLayout &layout)
{
  layout.runtime_gc = 344;
  layout.interpreter_modules = 56;
  layout.type_cached_keys = 872;
  layout.compact_keys = false;
  layout.attributes = Attributes::dict;
  layout.tagged_ints = false;
  layout.counts_prefix = false;
}

void to_3_9(HeapLayout &layout)
{
  to_3_8(layout);
  layout.runtime_gc = std::nullopt;
  layout.interpreter_gc = 616;
  layout.interpreter_modules = 856;
  layout.type_cached_keys = 864;
  layout.static_type_bytes = 408;
}

void to_3_10(HeapLayout &layout)
{
  to_3_9(layout);
  layout.type_cached_keys = 872;
}

void to_3_11(HeapLayout &layout)
{
  layout.interpreter_gc = 648;
  layout.interpreter_modules = 888;
  layout.type_cached_keys = 872;
  layout.attributes = Attributes::split;
  layout.tagged_ints = false;
  layout.frame_locals = 72;
  layout.static_type_bytes = 424;
}

void to_3_12(HeapLayout &layout)
{
  layout.interpreter_gc = 112;
  layout.interpreter_modules = 944;
  layout.type_cached_keys = 880;
  layout.attributes = Attributes::tagged;
  layout.frame_locals = 72;
  layout.static_type_bytes = 432;
}

void to_3_13(HeapLayout &layout)
{
  layout.interpreter_gc = 7400;
  layout.interpreter_modules = 7656;
  layout.type_cached_keys = 880;
  layout.dict_values_header = 8;
  layout.frame_locals = 72;
}

void to_3_14(HeapLayout &layout)
{
  to_3_13(layout);
  layout.interpreter_gc = 7408;
  layout.interpreter_modules = 7688;
  layout.gc_heads = heads_from_3_14;
  layout.gc_collecting = 192;
  layout.tuple_items = 32;
  layout.frame_locals = 80;
}

std::uint64_t word_at(std::span<const std::byte> table, std::size_t position)
{
  std::uint64_t word = 0;
  std::memcpy(&word, table.data() + position, sizeof word);
  return word;
}

} // namespace

std::optional<HeapLayout> heap_layout_of(const Layout &layout)
{
  HeapLayout heap{ .version = layout.version,
                   .gc_heads = heads_to_3_13,
                   .gc_collecting = 200,
                   .ascii_text = layout.ascii_text,
                   .unicode_text = layout.unicode_text };
  if (layout.version.major != 3)
    return std::nullopt;
  switch (layout.version.minor) {
    case 8:
      to_3_8(heap);
      break;
    case 9:
      to_3_9(heap);
      break;
    case 10:
      to_3_10(heap);
      break;
    case 11:
      to_3_11(heap);
      break;
    case 12:
      to_3_12(heap);
      break;
    case 13:
      to_3_13(heap);
      break;
    case 14:
      to_3_14(heap);
      break;
    default:
      return std::nullopt;
  }
  return heap;
}

Result<HeapLayout> with_debug_offsets(HeapLayout layout, std::span<const std::byte> table)
{
  if (table.size() < debug_offsets_bytes)
    return failure(Error::Kind::malformed, "there are no debug offsets at _PyRuntime");
  struct Entry {
    std::size_t in_3_13;
    std::size_t in_3_14;
    std::uint16_t HeapLayout::*offset;
  };
  constexpr std::array entries{ Entry{ 80, 88, &HeapLayout::interpreter_gc },
                                Entry{ 88, 96, &HeapLayout::interpreter_modules },
                                Entry{ 408, 456, &HeapLayout::tuple_items } };
  constexpr std::uint64_t most_offset = 0x8000;
  for (const auto &[in_3_13, in_3_14, member] : entries) {
    const std::size_t position = layout.version < Version{ 3, 14 } ? in_3_13 : in_3_14;
    const std::uint64_t offset = word_at(table, position);
    if (offset == 0 || offset > most_offset)
      return failure(Error::Kind::malformed,
                     fmt::format("CPython's debug offsets say {} at {}", offset, position));
    layout.*member = static_cast<std::uint16_t>(offset);
  }
  return layout;
}

} // namespace linger::python
