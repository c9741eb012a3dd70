#include "python/type_table.h"

#include "python/heap_text.h"
#include "python/references.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace linger::python {
namespace {

// PyTypeObject, the same in 3.8 to 3.14.
constexpr std::uint16_t type_name = 24;
constexpr std::uint16_t type_basic_bytes = 32;
constexpr std::uint16_t type_item_bytes = 40;
constexpr std::uint16_t type_flags = 168;
constexpr std::uint16_t type_weak_list_offset = 208;
constexpr std::uint16_t type_base = 256;
constexpr std::uint16_t type_dict = 264;
constexpr std::uint16_t type_dict_offset = 288;
constexpr std::uint16_t type_read_bytes = 296;

constexpr std::uint64_t flag_inline_values = 1U << 2U;
constexpr std::uint64_t flag_managed_weak = 1U << 3U;
constexpr std::uint64_t flag_managed_dict = 1U << 4U;
constexpr std::uint64_t flag_heap = 1U << 9U;
constexpr std::uint64_t flag_collected = 1U << 14U;
constexpr std::uint64_t flag_integer = 1U << 24U;
constexpr std::uint64_t flag_list = 1U << 25U;
constexpr std::uint64_t flag_tuple = 1U << 26U;
constexpr std::uint64_t flag_bytes = 1U << 27U;
constexpr std::uint64_t flag_text = 1U << 28U;
constexpr std::uint64_t flag_dict = 1U << 29U;
constexpr std::uint64_t flag_type = 1U << 31U;

constexpr int deepest_metatype = 8;
constexpr int deepest_base = 32;
constexpr std::uint64_t most_basic_bytes = 1U << 20U;
constexpr std::size_t longest_name = 255;

std::uint64_t word_in(std::span<const std::byte> bytes, std::size_t at)
{
  std::uint64_t word = 0;
  std::memcpy(&word, bytes.data() + at, sizeof word);
  return word;
}

struct Named {
  std::string_view name;
  Shape shape;
};

/// Types that are told by their name, which only a static type can have.
constexpr std::array static_shapes{
  Named{ "set", Shape::set },
  Named{ "frozenset", Shape::set },
  Named{ "bytearray", Shape::bytearray },
  Named{ "module", Shape::module },
  Named{ "weakref", Shape::weak },
  Named{ "weakref.ReferenceType", Shape::weak },
  Named{ "weakproxy", Shape::weak },
  Named{ "weakref.ProxyType", Shape::weak },
  Named{ "weakcallableproxy", Shape::weak },
  Named{ "weakref.CallableProxyType", Shape::weak },
  Named{ "generator", Shape::generator },
  Named{ "coroutine", Shape::generator },
  Named{ "async_generator", Shape::generator },
  Named{ "collections.deque", Shape::deque },
  Named{ "float", Shape::leaf },
  Named{ "complex", Shape::leaf },
  Named{ "NoneType", Shape::leaf },
};

std::optional<Shape> static_shape(std::string_view name)
{
  const auto *const found = std::ranges::find(static_shapes, name, &Named::name);
  return found == static_shapes.end() ? std::nullopt : std::optional(found->shape);
}

} // namespace

bool TypeTable::has_references(std::span<const std::byte> head) const
{
  // Freed objects keep their type, but their count becomes a link or 0. A link leads far up: the
  // count has 32 bits, and above it, from 3.14 on, 16 that stay 0 and flags.
  const std::uint64_t count = word_in(head, 0);
  const std::uint64_t above =
      layout_.version < Version{ 3, 14 } ? count >> 32U : (count >> 32U) & 0xffffU;
  return (count & 0xffffffffU) != 0 && above == 0;
}

const Type *TypeTable::looked_up(std::uint64_t address)
{
  if (const auto known = by_address_.find(address); known != by_address_.end())
    return known->second;
  const Type *found = nullptr;
  if (types_.size() < most_types && leads_to_root(address)) {
    if (auto type = read(address)) {
      type->number = static_cast<std::uint32_t>(types_.size());
      found = &types_.emplace_back(std::move(*type));
    }
  }
  // Of what is no type only so much is remembered.
  if (found || by_address_.size() < 2 * most_types)
    by_address_.emplace(address, found);
  return found;
}

bool TypeTable::leads_to_root(std::uint64_t address)
{
  std::uint64_t type = address;
  for (int depth = 0; depth < deepest_metatype; ++depth) {
    if (type == root_ && root_)
      return true;
    const auto above = type % sizeof(std::uint64_t) == 0 ? copy_.word(type + object_type) : 0;
    if (above == 0)
      return false;
    if (above == type) {
      const bool is_root = !root_ && (copy_.word(type + type_flags) & flag_type) != 0 &&
                           c_text(copy_.word(type + type_name)) == "type";
      root_ = is_root ? type : root_;
      return is_root;
    }
    type = above;
  }
  return false;
}

std::optional<Type> TypeTable::read(std::uint64_t address)
{
  std::array<std::byte, type_read_bytes> head{};
  const auto seen = copy_.view(address, head.size());
  if (seen.empty())
    return std::nullopt;
  std::ranges::copy(seen, head.begin());

  const std::uint64_t flags = word_in(head, type_flags);
  const std::uint64_t basic = word_in(head, type_basic_bytes);
  const std::uint64_t item = word_in(head, type_item_bytes);
  // What only looks like a type has no type among its own type's flags.
  const bool of_a_type = (copy_.word(word_in(head, object_type) + type_flags) & flag_type) != 0;
  if (!of_a_type || basic < 2 * sizeof(std::uint64_t) || basic > most_basic_bytes ||
      item > most_basic_bytes)
    return std::nullopt;
  const std::string name = c_text(word_in(head, type_name));
  if (name.empty())
    return std::nullopt;

  Type type{ .address = address,
             .name = name,
             .basic_bytes = static_cast<std::uint32_t>(basic),
             .item_bytes = static_cast<std::uint32_t>(item),
             .dict_offset = static_cast<std::int64_t>(word_in(head, type_dict_offset)),
             .weak_list_offset = word_in(head, type_weak_list_offset),
             .collected = (flags & flag_collected) != 0,
             .heap = (flags & flag_heap) != 0 };
  type.managed_dict = layout_.attributes != Attributes::dict && (flags & flag_managed_dict) != 0;
  type.managed_weak = layout_.version >= Version{ 3, 12 } && (flags & flag_managed_weak) != 0;
  type.inline_values =
      layout_.attributes == Attributes::within && (flags & flag_inline_values) != 0;
  type.shape = shape_of(address, name, flags);
  if (type.heap) {
    const std::string module = module_of(address);
    if (!module.empty() && module != "builtins" && name.find('.') == std::string::npos)
      type.name = module + "." + name;
  }
  return type;
}

Shape TypeTable::shape_of(std::uint64_t address, const std::string &name, std::uint64_t flags)
{
  constexpr std::array by_flag{
    std::pair{ flag_integer, Shape::integer }, std::pair{ flag_list, Shape::list },
    std::pair{ flag_tuple, Shape::tuple },     std::pair{ flag_bytes, Shape::bytes },
    std::pair{ flag_text, Shape::text },       std::pair{ flag_dict, Shape::dict },
    std::pair{ flag_type, Shape::type }
  };
  for (const auto &[flag, shape] : by_flag) {
    if ((flags & flag) != 0)
      return shape;
  }
  // A class may call itself a set; one that is made by a class statement is what its base is.
  if ((flags & flag_heap) == 0 || name.find('.') != std::string::npos) {
    if (const auto shape = static_shape(name))
      return *shape;
  }
  return inherited_shape(address);
}

Shape TypeTable::inherited_shape(std::uint64_t address)
{
  std::uint64_t base = copy_.word(address + type_base);
  for (int depth = 0; base && depth < deepest_base; ++depth) {
    const bool made = (copy_.word(base + type_flags) & flag_heap) != 0;
    const std::string name = c_text(copy_.word(base + type_name));
    const auto shape = static_shape(name);
    if (shape && *shape != Shape::leaf && (!made || name.find('.') != std::string::npos))
      return *shape;
    base = copy_.word(base + type_base);
  }
  return Shape::plain;
}

std::string TypeTable::c_text(std::uint64_t address)
{
  std::string text;
  while (text.size() <= longest_name) {
    const auto byte = copy_.value<char>(address + text.size());
    if (!byte)
      return {};
    if (*byte == '\0')
      return text;
    const auto character = static_cast<unsigned char>(*byte);
    if (character < ' ' || character == 0x7f)
      return {};
    text += *byte;
  }
  return {};
}

std::string TypeTable::module_of(std::uint64_t type)
{
  std::string module;
  for_each_entry(copy_, layout_, copy_.word(type + type_dict),
                 [&](std::uint64_t key, std::uint64_t value) {
                   if (!module.empty() || heap_text(copy_, layout_, key) != "__module__")
                     return module.empty();
                   module = heap_text(copy_, layout_, value);
                   return false;
                 });
  return module;
}

} // namespace linger::python
