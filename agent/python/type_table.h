// The types of a heap, each read and checked once.

#pragma once

#include "python/heap_copy.h"
#include "python/heap_layout.h"

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

namespace linger::python {

/// What has to be known of a type to find what its objects refer to and how large they are.
enum class Shape {
  plain, // fields, and attributes where its flags say
  leaf,  // refers to nothing
  list,
  tuple,
  dict,
  set, // and frozenset
  text,
  bytes,
  bytearray,
  integer,
  type,
  module,
  weak,      // a reference that keeps nothing
  generator, // has a frame inside of it
  deque,
};

struct Type {
  std::uint64_t address = 0;
  /// "shop.views.Session"; builtins go without their module.
  std::string name;
  Shape shape = Shape::plain;
  std::uint32_t basic_bytes = 0;
  std::uint32_t item_bytes = 0; // 0: its objects are all of a size
  /// Where its objects hold their dict; 0: nowhere, negative: counted from their end.
  std::int64_t dict_offset = 0;
  std::uint64_t weak_list_offset = 0;
  bool collected = false;     // its objects have a head in front
  bool managed_dict = false;  // its objects have attributes in front of them
  bool managed_weak = false;  // and their weak references
  bool inline_values = false; // and values behind them
  bool heap = false;          // made by a class statement or its like
  std::uint32_t number = 0;   // counted from 0
};

/// Not thread-safe.
class TypeTable {
public:
  /// No program has as many; what claims to be one is then refused.
  static constexpr std::size_t most_types = 200'000;

  /// `copy` outlives it.
  TypeTable(HeapCopy &copy, const HeapLayout &layout) : copy_(copy), layout_(layout) {}

  /// The type at `address`, nullptr when there is none: its own type's type ends at `type`, and its
  /// name and sizes can be.
  [[nodiscard]] const Type *at(std::uint64_t address)
  {
    Recent &recent = recent_[(address >> 4U) % recent_.size()];
    if (recent.address != address) [[unlikely]]
      recent = { .address = address, .type = looked_up(address) };
    return recent.type;
  }

  /// The type of the object at `object`; nullptr when there is no object.
  [[nodiscard]] const Type *of(std::uint64_t object)
  {
    const auto head = copy_.view(object, 2 * sizeof(std::uint64_t));
    if (head.empty())
      return nullptr;
    std::uint64_t type = 0;
    std::memcpy(&type, head.data() + object_type, sizeof type);
    return type != 0 && has_references(head) ? at(type) : nullptr;
  }

  [[nodiscard]] std::size_t size() const { return types_.size(); }
  [[nodiscard]] const Type &number(std::uint32_t number) const { return types_[number]; }

private:
  struct Recent {
    std::uint64_t address = 0;
    const Type *type = nullptr;
  };

  [[nodiscard]] bool has_references(std::span<const std::byte> head) const;
  [[nodiscard]] const Type *looked_up(std::uint64_t address);
  [[nodiscard]] bool leads_to_root(std::uint64_t address);
  [[nodiscard]] std::optional<Type> read(std::uint64_t address);
  [[nodiscard]] std::string c_text(std::uint64_t address);
  [[nodiscard]] std::string module_of(std::uint64_t type);
  [[nodiscard]] Shape shape_of(std::uint64_t address, const std::string &name, std::uint64_t flags);
  [[nodiscard]] Shape inherited_shape(std::uint64_t address);

  HeapCopy &copy_;
  HeapLayout layout_;
  std::uint64_t root_ = 0; // `type`
  std::deque<Type> types_; // never moved
  std::unordered_map<std::uint64_t, const Type *> by_address_;
  std::array<Recent, 256> recent_{};
};

} // namespace linger::python
