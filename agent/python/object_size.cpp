#include "python/object_size.h"

#include "python/references.h"

#include <algorithm>

namespace linger::python {
namespace {

/// Larger than any process's memory: a length that says so is torn.
constexpr std::uint64_t most_bytes = std::uint64_t{ 1 } << 46U;
constexpr std::uint64_t word_bytes = 8;
constexpr std::uint64_t type_flags_word = 168;
constexpr std::uint64_t heap_type_flag = 1U << 9U;

/// `count` items, or none when that cannot be.
std::uint64_t items_bytes(std::uint64_t count, std::uint64_t item_bytes)
{
  return item_bytes != 0 && count > most_bytes / item_bytes ? 0 : count * item_bytes;
}

std::uint64_t text_bytes(HeapCopy &copy, const HeapLayout &layout, std::uint64_t object)
{
  const std::uint64_t length = copy.word(object + unicode_length);
  const auto state = copy.value<std::uint32_t>(object + unicode_state).value_or(0);
  const std::uint64_t character_bytes = (state >> 2U) & 7U;
  const bool compact = (state & 0x20U) != 0;
  const bool ascii = (state & 0x40U) != 0;
  if (compact && ascii)
    return layout.ascii_text + items_bytes(length + 1, 1);
  // The same text in UTF-8, once somebody asked for it.
  const std::uint64_t cached = layout.ascii_text;
  const std::uint64_t cached_bytes = !ascii && copy.word(object + cached + word_bytes) != 0
                                         ? items_bytes(copy.word(object + cached) + 1, 1)
                                         : 0;
  return layout.unicode_text + (compact ? 0 : word_bytes) +
         items_bytes(length + 1, character_bytes) + cached_bytes;
}

std::uint64_t dict_table_bytes(HeapCopy &copy, const HeapLayout &layout, std::uint64_t object)
{
  const auto keys = read_dict_keys(copy, layout, copy.word(object + dict_keys));
  if (!keys)
    return 0;
  const bool split = copy.word(object + dict_values) != 0;
  // Keys that others share are counted with none of them.
  return (split ? items_bytes(keys->capacity, word_bytes) : 0) +
         (keys->references == 1 ? keys->bytes() : 0);
}

std::uint64_t integer_bytes(HeapCopy &copy, const HeapLayout &layout, std::uint64_t object)
{
  constexpr std::uint64_t digits_begin = 24;
  constexpr std::uint64_t digit_bytes = 4;
  const std::uint64_t size = copy.word(object + variable_object_size);
  std::uint64_t digits = layout.tagged_ints ? size >> 3U
                         : size >> 63U      ? 0 - size // a negative number
                                            : size;
  if (layout.version >= Version{ 3, 11 })
    digits = std::max<std::uint64_t>(digits, 1);
  return digits_begin + items_bytes(digits, digit_bytes);
}

std::uint64_t deque_bytes(HeapCopy &copy, std::uint64_t object, const Type &type)
{
  constexpr std::uint64_t length = 64;
  constexpr std::uint64_t left_index = 40;
  const std::uint64_t items = copy.word(object + variable_object_size);
  const std::uint64_t begin = copy.word(object + left_index);
  if (items > most_bytes || begin >= length)
    return type.basic_bytes;
  const std::uint64_t blocks = (begin + items + length - 1) / length;
  return type.basic_bytes + items_bytes(blocks == 0 ? 1 : blocks, (length + 2) * word_bytes);
}

std::uint64_t own_bytes(HeapCopy &copy, const HeapLayout &layout, std::uint64_t object,
                        const Type &type)
{
  const std::uint64_t size = copy.word(object + variable_object_size);
  switch (type.shape) {
    case Shape::text:
      return text_bytes(copy, layout, object);
    case Shape::integer:
      return integer_bytes(copy, layout, object);
    case Shape::list:
      return type.basic_bytes + items_bytes(copy.word(object + list_allocated), word_bytes);
    case Shape::dict:
      return type.basic_bytes + dict_table_bytes(copy, layout, object);
    case Shape::set: {
      constexpr std::uint64_t entry_bytes = 16;
      const bool small = copy.word(object + set_table) == object + set_small_table;
      return type.basic_bytes +
             (small ? 0 : items_bytes(copy.word(object + set_mask) + 1, entry_bytes));
    }
    case Shape::bytearray:
      return type.basic_bytes + items_bytes(copy.word(object + bytearray_allocated), 1);
    case Shape::deque:
      return deque_bytes(copy, object, type);
    case Shape::type: {
      const auto keys = read_dict_keys(copy, layout, copy.word(object + layout.type_cached_keys));
      return type.basic_bytes + (keys ? keys->bytes() : 0);
    }
    case Shape::generator:
      return type.basic_bytes;
    default:
      return type.basic_bytes + (type.item_bytes != 0 ? items_bytes(size, type.item_bytes) : 0);
  }
}

} // namespace

std::uint64_t object_bytes(HeapCopy &copy, const HeapLayout &layout, std::uint64_t object,
                           const Type &type)
{
  if (type.shape == Shape::type && (copy.word(object + type_flags_word) & heap_type_flag) == 0)
    return layout.static_type_bytes;
  const std::uint64_t prefix_words =
      layout.counts_prefix && (type.managed_dict || type.managed_weak) ? 2 : 0;
  return own_bytes(copy, layout, object, type) + (type.collected ? gc_head_bytes : 0) +
         prefix_words * word_bytes;
}

} // namespace linger::python
