#include "python/held_value.h"

#include "python/layout.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace linger::python {
namespace {

constexpr std::size_t word_bytes = sizeof(std::uint64_t);

template <typename T>
T at(std::span<const std::byte> bytes, std::size_t offset)
{
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

/// FNV-1a.
std::uint64_t print_of(std::span<const std::byte> bytes)
{
  std::uint64_t print = 0xcbf29ce484222325U;
  for (const std::byte byte : bytes)
    print = (print ^ static_cast<std::uint64_t>(byte)) * 0x100000001b3U;
  return print;
}

void measure_integer(HeldValue &value, std::span<const std::byte> head, bool tagged)
{
  constexpr std::size_t digits_at = 24;
  constexpr std::uint64_t most_digits = 3; // beyond 64 bits nobody counts
  constexpr double digit_range = 1U << 30U;
  const auto size = at<std::int64_t>(head, variable_object_size);
  const bool negative = tagged ? (size & 3) == 2 : size < 0;
  const std::uint64_t digits = tagged ? static_cast<std::uint64_t>(size) >> 3U
                                      : static_cast<std::uint64_t>(size < 0 ? -size : size);
  const std::uint64_t read = std::min(digits, most_digits);
  value.print = print_of(head.subspan(variable_object_size, word_bytes + read * 4));
  value.whole = digits <= most_digits;
  if (!value.whole)
    return;
  value.number = 0;
  for (std::uint64_t digit = read; digit > 0; --digit)
    value.number = value.number * digit_range +
                   at<std::uint32_t>(head, digits_at + (digit - 1) * sizeof(std::uint32_t));
  if (negative)
    value.number = -value.number;
}

} // namespace

HeldType held_type_of(const Type &type)
{
  constexpr std::uint16_t set_used = 24;
  // What an import or a definition binds.
  constexpr std::array definitions{ "function", "builtin_function_or_method", "method",
                                    "functools._lru_cache_wrapper" };
  HeldType held{ .held = Held::other, .name = type.name, .items_offset = 0 };
  switch (type.shape) {
    case Shape::type:
    case Shape::module:
      held.held = Held::definition;
      break;
    case Shape::list:
    case Shape::dict:
    case Shape::deque:
    case Shape::bytearray:
      held.held = Held::container;
      held.items_offset = variable_object_size;
      break;
    case Shape::set:
      held.held = type.name == "frozenset" ? Held::other : Held::container;
      held.items_offset = set_used;
      break;
    case Shape::integer:
      held.held = type.name == "int" ? Held::integer : Held::other;
      break;
    case Shape::text:
      held.held = type.name == "str" ? Held::text : Held::other;
      break;
    default:
      if (type.name == "float")
        held.held = Held::real;
      else if (type.name == "datetime.datetime")
        held.held = Held::time;
      else if (std::ranges::find(definitions, type.name) != definitions.end())
        held.held = Held::definition;
      break;
  }
  return held;
}

HeldValue held_value(const HeldType &type, std::span<const std::byte> head, std::uint64_t address,
                     const HeapLayout &layout)
{
  HeldValue value{ .address = address, .type = at<std::uint64_t>(head, object_type) };
  switch (type.held) {
    case Held::integer:
      measure_integer(value, head, layout.tagged_ints);
      break;
    case Held::real:
      value.print = print_of(head.subspan(variable_object_size, sizeof(double)));
      value.whole = true;
      value.number = at<double>(head, variable_object_size);
      break;
    case Held::time: {
      // Year to microsecond, the most significant byte first.
      constexpr std::size_t digits_at = 25;
      constexpr std::size_t digits = 10;
      value.print = print_of(head.subspan(digits_at, digits));
      value.number = 0;
      for (std::size_t i = 0; i < digits; ++i)
        value.number = value.number * 256 + at<std::uint8_t>(head, digits_at + i);
      break;
    }
    case Held::text: {
      // What lies between its length and its characters is computed when it is first asked for.
      const auto length = at<std::uint64_t>(head, variable_object_size);
      const std::size_t begin = layout.ascii_text;
      const std::size_t read = std::min<std::uint64_t>(length, head.size() - begin);
      value.print = print_of(head.subspan(begin, read)) ^ length;
      value.whole = read == length && (at<std::uint32_t>(head, unicode_state) & 0x40U) != 0;
      break;
    }
    case Held::container:
      value.items = at<std::uint64_t>(head, type.items_offset);
      break;
    case Held::definition:
    case Held::other:
      break;
  }
  return value;
}

} // namespace linger::python
