// What an object refers to.

#pragma once

#include "base/function_ref.h"
#include "python/heap_copy.h"
#include "python/heap_layout.h"
#include "python/type_table.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace linger::python {

/// How an object is held.
enum class Hold {
  item,      // an element of a container
  key,       // a dict's key
  attribute, // under a name: of an instance, or the value of a dict under a key
  dict,      // the dict that holds the attributes of an instance, a class or a module
  field,     // a word of a structure that has an object's address in it
};

struct Reference {
  std::uint64_t object = 0;
  Hold hold = Hold::item;
  /// The str of an attribute's name, or a dict's key; 0 where there is none.
  std::uint64_t name = 0;
};

/// Calls `visit` for each reference of `object`, whose type is `type`. Fields are guesses: whoever
/// takes one checks that there is an object. What is too large to be true is left out.
/// Bounded by the memory that the object's tables take in the process.
void for_each_reference(HeapCopy &copy, const HeapLayout &layout, std::uint64_t object,
                        const Type &type, FunctionRef<void(const Reference &)> visit);

/// The entries of the dict at `dict`, in order, as long as `visit` returns true.
void for_each_entry(HeapCopy &copy, const HeapLayout &layout, std::uint64_t dict,
                    FunctionRef<bool(std::uint64_t key, std::uint64_t value)> visit);

/// What a table of a dict's keys says of itself.
struct DictKeys {
  std::uint64_t references = 0;
  std::uint64_t entries = 0;
  std::uint64_t size = 0; // of its index
  std::uint64_t index_bytes = 0;
  std::uint64_t header_bytes = 0;
  std::uint64_t entry_bytes = 0; // 24 with a hash, 16 without
  std::uint64_t capacity = 0;    // of an array of values that are apart

  /// Entries that there is room for.
  [[nodiscard]] std::uint64_t usable() const { return size * 2 / 3; }
  [[nodiscard]] std::uint64_t bytes() const
  {
    return header_bytes + index_bytes + usable() * entry_bytes;
  }
};

/// nullopt when the table at `keys` cannot be one.
[[nodiscard]] std::optional<DictKeys> read_dict_keys(HeapCopy &copy, const HeapLayout &layout,
                                                     std::uint64_t keys);

/// The same of its first bytes, dict_keys_head_bytes of them.
inline constexpr std::size_t dict_keys_head_bytes = 40;
[[nodiscard]] std::optional<DictKeys> dict_keys_in(std::span<const std::byte> head,
                                                   const HeapLayout &layout);

} // namespace linger::python
