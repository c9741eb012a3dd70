// What a variable holds, as far as it takes to see that it holds something else.

#pragma once

#include "python/heap_layout.h"
#include "python/type_table.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

namespace linger::python {

/// What is looked at of an object: its first bytes.
inline constexpr std::size_t held_head_bytes = 96;

enum class Held {
  definition, // a function, a class, a module: what an import or a statement binds
  integer,
  real,
  time,
  text,
  container,
  other,
};

struct HeldType {
  Held held = Held::other;
  std::string name;
  /// Of a container: where it counts its items.
  std::uint16_t items_offset = 0;
};

[[nodiscard]] HeldType held_type_of(const Type &type);

struct HeldValue {
  std::uint64_t address = 0;
  std::uint64_t type = 0;
  /// Of an immutable value; `whole`: it stands for all of it.
  std::uint64_t print = 0;
  bool whole = false;
  /// Of a number or a time: it can be compared with an earlier one.
  double number = std::numeric_limits<double>::quiet_NaN();
  /// Of a container.
  std::uint64_t items = 0;
};

/// Of the object at `address`, from its first held_head_bytes: `head`, which may be torn.
[[nodiscard]] HeldValue held_value(const HeldType &type, std::span<const std::byte> head,
                                   std::uint64_t address, const HeapLayout &layout);

} // namespace linger::python
