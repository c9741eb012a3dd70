#include "python/references.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace linger::python {
namespace {

/// More items than memory could hold.
constexpr std::uint64_t most_items = std::uint64_t{ 1 } << 32U;
constexpr std::uint64_t word_bytes = sizeof(std::uint64_t);
constexpr std::uint64_t type_dict = 264;
/// Locals and stack of a generator, as far as most go: it does not say itself.
constexpr std::uint64_t generator_frame_words = 24;

using Visit = FunctionRef<void(const Reference &)>;

class References {
public:
  References(HeapCopy &copy, const HeapLayout &layout, std::uint64_t object, const Type &type,
             Visit visit)
      : copy_(copy), layout_(layout), object_(object), type_(type), visit_(visit)
  {
  }

  void all()
  {
    switch (type_.shape) {
      case Shape::leaf:
      case Shape::text:
      case Shape::bytes:
      case Shape::bytearray:
      case Shape::integer:
        break;
      case Shape::list:
        words(copy_.word(object_ + list_items), copy_.word(object_ + variable_object_size),
              Hold::item);
        break;
      case Shape::tuple:
        words(object_ + layout_.tuple_items, copy_.word(object_ + variable_object_size),
              Hold::item);
        break;
      case Shape::dict:
        entries();
        break;
      case Shape::set:
        set_items();
        break;
      case Shape::module:
        one(copy_.word(object_ + module_dict), Hold::dict);
        fields(module_dict + word_bytes);
        break;
      case Shape::type:
        one(copy_.word(object_ + type_dict), Hold::dict);
        fields(2 * word_bytes);
        break;
      case Shape::weak:
        one(copy_.word(object_ + weak_callback), Hold::field);
        fields(weak_bytes);
        break;
      case Shape::deque:
        deque_items();
        break;
      case Shape::generator:
        fields(2 * word_bytes);
        if (layout_.frame_locals != 0)
          words(object_ + type_.basic_bytes, generator_frame_words, Hold::field);
        break;
      case Shape::plain:
        fields(2 * word_bytes);
        if (type_.item_bytes == word_bytes)
          words(object_ + type_.basic_bytes, copy_.word(object_ + variable_object_size),
                Hold::field);
        break;
    }
    // A class made from a list, a dict, a str has fields of its own.
    if (type_.heap && fields_begin())
      fields(*fields_begin());
    attributes();
  }

private:
  static constexpr std::uint64_t weak_callback = 24;
  static constexpr std::uint64_t weak_bytes = 64;

  /// Where the fields of a class begin that is made from a builtin.
  [[nodiscard]] std::optional<std::uint64_t> fields_begin() const
  {
    constexpr std::uint64_t list_bytes = 40;
    constexpr std::uint64_t dict_bytes = 48;
    constexpr std::uint64_t set_bytes = 200;
    switch (type_.shape) {
      case Shape::list:
        return list_bytes;
      case Shape::dict:
        return dict_bytes;
      case Shape::set:
        return set_bytes;
      default:
        return std::nullopt;
    }
  }

  void one(std::uint64_t target, Hold hold, std::uint64_t name = 0)
  {
    if (target != 0 && target % word_bytes == 0)
      visit_({ .object = target, .hold = hold, .name = name });
  }

  void words(std::uint64_t begin, std::uint64_t count, Hold hold)
  {
    if (count > most_items)
      return;
    each_piece(begin, count, word_bytes, [&](const std::uint64_t *item) { one(*item, hold); });
  }

  /// Calls `use` with each element, `element_bytes` of whole words, as far as they can be read.
  template <typename Use>
  void each_piece(std::uint64_t begin, std::uint64_t count, std::uint64_t element_bytes, Use use)
  {
    std::array<std::uint64_t, HeapCopy::most_view_bytes / word_bytes> piece{};
    const std::uint64_t at_once = HeapCopy::most_view_bytes / element_bytes;
    for (std::uint64_t done = 0; done < count; done += at_once) {
      const std::uint64_t now = std::min(at_once, count - done);
      const auto bytes = copy_.view(begin + done * element_bytes, now * element_bytes);
      if (bytes.empty())
        return;
      std::memcpy(piece.data(), bytes.data(), bytes.size());
      for (std::uint64_t i = 0; i < now; ++i)
        use(piece.data() + i * (element_bytes / word_bytes));
    }
  }

  void entries()
  {
    for_each_entry(copy_, layout_, object_, [this](std::uint64_t key, std::uint64_t value) {
      one(key, Hold::key);
      one(value, Hold::attribute, key);
      return true;
    });
  }

  void set_items()
  {
    constexpr std::uint64_t entry_bytes = 16;
    const std::uint64_t mask = copy_.word(object_ + set_mask);
    if (mask >= most_items || !std::has_single_bit(mask + 1))
      return;
    each_piece(copy_.word(object_ + set_table), mask + 1, entry_bytes,
               [&](const std::uint64_t *entry) { one(*entry, Hold::item); });
  }

  void deque_items()
  {
    constexpr std::uint64_t length = 64; // items in a block: link, items, link
    constexpr std::uint64_t left_block = 24;
    constexpr std::uint64_t left_index = 40;
    std::uint64_t left = copy_.word(object_ + variable_object_size);
    std::uint64_t block = copy_.word(object_ + left_block);
    std::uint64_t index = copy_.word(object_ + left_index);
    if (left > most_items || index >= length)
      return;
    while (left > 0 && block != 0) {
      const std::uint64_t now = std::min(left, length - index);
      words(block + word_bytes + index * word_bytes, now, Hold::item);
      left -= now;
      index = 0;
      block = copy_.word(block + word_bytes + length * word_bytes);
    }
  }

  /// Every word of the structure from `begin` on that could be an address.
  void fields(std::uint64_t begin)
  {
    const std::uint64_t end = type_.basic_bytes / word_bytes * word_bytes;
    for (std::uint64_t at = begin; at < end; at += word_bytes) {
      const bool weak = type_.weak_list_offset != 0 && at == type_.weak_list_offset;
      const bool dict =
          type_.dict_offset > 0 && at == static_cast<std::uint64_t>(type_.dict_offset);
      if (!weak && !dict)
        one(copy_.word(object_ + at), Hold::field);
    }
  }

  void attributes()
  {
    if (type_.managed_dict)
      managed();
    else if (type_.dict_offset > 0 && type_.shape != Shape::type && type_.shape != Shape::module)
      one(copy_.word(object_ + static_cast<std::uint64_t>(type_.dict_offset)), Hold::dict);
    else if (type_.dict_offset < 0)
      dict_at_end();
  }

  /// Behind the items, where their number is not fixed (3.8 to 3.11).
  void dict_at_end()
  {
    const std::uint64_t size = copy_.word(object_ + variable_object_size);
    const std::uint64_t count = size >> 63U ? 0 - size : size; // an int's sign is that of its size
    if (count > most_items)
      return;
    const std::uint64_t end = type_.basic_bytes + count * type_.item_bytes;
    const std::uint64_t whole = (end + word_bytes - 1) / word_bytes * word_bytes;
    one(copy_.word(object_ + whole + static_cast<std::uint64_t>(type_.dict_offset)), Hold::dict);
  }

  void managed()
  {
    constexpr std::uint64_t in_front = 24;
    constexpr std::uint64_t values_in_front = 32; // 3.11
    const std::uint64_t word = copy_.word(object_ - in_front);
    if (layout_.attributes == Attributes::tagged && (word & 1U) != 0) {
      values(word + 1);
      return;
    }
    if (word != 0) {
      one(word, Hold::dict);
      return;
    }
    if (layout_.attributes == Attributes::split)
      values(copy_.word(object_ - values_in_front));
    else if (type_.inline_values && inline_valid())
      values(object_ + type_.basic_bytes + layout_.dict_values_header);
  }

  [[nodiscard]] bool inline_valid()
  {
    constexpr std::uint64_t valid = 3;
    return copy_.value<std::uint8_t>(object_ + type_.basic_bytes + valid).value_or(0) != 0;
  }

  /// An array of values under the keys that the class's instances share.
  void values(std::uint64_t begin);

  HeapCopy &copy_;
  const HeapLayout &layout_;
  std::uint64_t object_;
  const Type &type_;
  Visit visit_;
};

/// Calls `visit` with each key and value of a table; `values` are apart where they are not 0.
void table_entries(HeapCopy &copy, std::uint64_t address, const DictKeys &keys,
                   std::uint64_t values, FunctionRef<bool(std::uint64_t, std::uint64_t)> visit)
{
  const std::uint64_t begin = address + keys.header_bytes + keys.index_bytes;
  const bool hashed = keys.entry_bytes == 3 * word_bytes;
  for (std::uint64_t entry = 0; entry < keys.entries; ++entry) {
    const auto words = copy.value<std::array<std::uint64_t, 2>>(begin + entry * keys.entry_bytes +
                                                                (hashed ? 8 : 0));
    if (!words)
      return;
    const std::uint64_t value = values ? copy.word(values + entry * word_bytes) : (*words)[1];
    if (value != 0 && !visit((*words)[0], value))
      return;
  }
}

void References::values(std::uint64_t begin)
{
  const std::uint64_t address = copy_.word(type_.address + layout_.type_cached_keys);
  const auto keys = read_dict_keys(copy_, layout_, address);
  if (begin == 0 || !keys)
    return;
  table_entries(copy_, address, *keys, begin, [this](std::uint64_t key, std::uint64_t value) {
    one(value, Hold::attribute, key);
    return true;
  });
}

/// 3.8 to 3.10.
std::optional<DictKeys> wide_keys(std::span<const std::byte> head)
{
  std::array<std::uint64_t, 5> words{};
  static_assert(sizeof words <= dict_keys_head_bytes);
  std::memcpy(words.data(), head.data(), sizeof words);
  const std::uint64_t size = words[1];
  if (size >= most_items || !std::has_single_bit(size))
    return std::nullopt;
  const std::uint64_t width = size <= 0xff ? 1 : size <= 0xffff ? 2 : 4;
  return DictKeys{ .references = words[0],
                   .entries = words[4],
                   .size = size,
                   .index_bytes = size * width,
                   .header_bytes = 40,
                   .entry_bytes = 24,
                   .capacity = size * 2 / 3 };
}

std::optional<DictKeys> compact_keys(std::span<const std::byte> head)
{
  struct Header {
    std::uint64_t references;
    std::uint8_t log2_size;
    std::uint8_t log2_index_bytes;
    std::uint8_t kind;
    std::uint8_t rest[5];
    std::uint64_t usable;
    std::uint64_t entries;
  };
  constexpr std::uint8_t largest = 32;
  Header header{};
  static_assert(sizeof header <= dict_keys_head_bytes);
  std::memcpy(&header, head.data(), sizeof header);
  if (header.log2_size > largest || header.log2_index_bytes > largest + 3)
    return std::nullopt;
  return DictKeys{ .references = header.references,
                   .entries = header.entries,
                   .size = std::uint64_t{ 1 } << header.log2_size,
                   .index_bytes = std::uint64_t{ 1 } << header.log2_index_bytes,
                   .header_bytes = 32,
                   .entry_bytes = header.kind == 0 ? 24U : 16U,
                   .capacity = header.usable + header.entries };
}

} // namespace

std::optional<DictKeys> read_dict_keys(HeapCopy &copy, const HeapLayout &layout, std::uint64_t keys)
{
  const auto head =
      keys == 0 ? std::span<const std::byte>{} : copy.view(keys, dict_keys_head_bytes);
  return head.empty() ? std::nullopt : dict_keys_in(head, layout);
}

std::optional<DictKeys> dict_keys_in(std::span<const std::byte> head, const HeapLayout &layout)
{
  const auto read = layout.compact_keys ? compact_keys(head) : wide_keys(head);
  return read && read->entries <= read->usable() ? read : std::nullopt;
}

void for_each_entry(HeapCopy &copy, const HeapLayout &layout, std::uint64_t dict,
                    FunctionRef<bool(std::uint64_t, std::uint64_t)> visit)
{
  if (dict == 0)
    return;
  const std::uint64_t address = copy.word(dict + dict_keys);
  const auto keys = read_dict_keys(copy, layout, address);
  if (!keys)
    return;
  const std::uint64_t values = copy.word(dict + dict_values);
  table_entries(copy, address, *keys, values ? values + layout.dict_values_header : 0, visit);
}

void for_each_reference(HeapCopy &copy, const HeapLayout &layout, std::uint64_t object,
                        const Type &type, FunctionRef<void(const Reference &)> visit)
{
  References(copy, layout, object, type, visit).all();
}

} // namespace linger::python
