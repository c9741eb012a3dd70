// Where CPython keeps what a walk over its heap needs, by version. 64-bit little-endian builds with
// a GIL.

#pragma once

#include "base/result.h"
#include "python/layout.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace linger::python {

/// Where an instance of a class keeps its attributes.
enum class Attributes {
  dict,   // a dict, where its type says (3.8 to 3.10)
  split,  // in front of it, one word each: an array of values, or a dict (3.11)
  tagged, // in front of it, one word for either; bit 0 tells them apart (3.12)
  within, // values behind its fields; a dict in front of it (3.13 and newer)
};

/// Offsets in bytes. What all of these versions have in common is below.
struct HeapLayout {
  Version version;

  std::optional<std::uint16_t> runtime_gc; // else each interpreter has its own
  std::uint16_t interpreter_gc = 0;
  std::uint16_t interpreter_modules = 0; // the dict sys.modules
  /// The heads of the lists: three generations and the frozen one.
  std::array<std::uint16_t, 4> gc_heads{};
  std::uint16_t gc_collecting = 0; // an int

  std::uint16_t type_cached_keys = 0;    // of a heap type: the keys that its instances share
  std::uint16_t static_type_bytes = 416; // what sys.getsizeof() says of `int`
  std::uint16_t tuple_items = 24;
  std::uint16_t dict_values_header = 0;
  bool compact_keys = true; // sizes as powers of two (3.11 and newer)
  Attributes attributes = Attributes::within;
  std::uint16_t ascii_text = 0;
  std::uint16_t unicode_text = 0;
  std::uint16_t frame_locals = 0; // 3.11 and newer; older frames are objects
  bool tagged_ints = true;        // an int's digits are counted above three bits (3.12 and newer)
  bool counts_prefix = true;      // sys.getsizeof() counts the words in front (3.11 and newer)

  bool operator==(const HeapLayout &) const = default;
};

/// nullopt for a version that is not known: older than 3.8, newer than 3.14. `layout` is of the
/// same process and so says what its debug offsets said.
[[nodiscard]] std::optional<HeapLayout> heap_layout_of(const Layout &layout);

/// `layout` with what the debug offsets tell taken from there, for 3.13 and newer.
[[nodiscard]] Result<HeapLayout> with_debug_offsets(HeapLayout layout,
                                                    std::span<const std::byte> table);

// The same in all of these versions.
inline constexpr std::uint64_t gc_head_bytes = 16; // in front of the object: next, previous
inline constexpr std::uint64_t gc_link_mask = ~std::uint64_t{ 3 };
inline constexpr std::uint16_t list_items = 24;
inline constexpr std::uint16_t list_allocated = 32;
inline constexpr std::uint16_t dict_keys = 32;
inline constexpr std::uint16_t dict_values = 40;
inline constexpr std::uint16_t set_mask = 32;
inline constexpr std::uint16_t set_table = 40;
inline constexpr std::uint16_t set_small_table = 64;
inline constexpr std::uint16_t module_dict = 16;
inline constexpr std::uint16_t bytearray_allocated = 24;

} // namespace linger::python
