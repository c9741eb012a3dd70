// A heap of CPython made by hand, in one piece of memory.

#pragma once

#include "python/gc_lists.h"
#include "python/heap.h"
#include "python/layout.h"
#include "python/memory.h"

#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linger::python {

/// Zeros until something is put there.
class FakePiece final : public Memory {
public:
  static constexpr std::uint64_t base = 0x10000000;
  static constexpr std::uint64_t size_bytes = std::uint64_t{ 256 } * 1024;

  FakePiece() : bytes_(size_bytes) {}

  template <typename T>
  void put(std::uint64_t address, const T &value)
  {
    std::memcpy(bytes_.data() + (address - base), &value, sizeof value);
  }
  void put_text(std::uint64_t address, std::string_view text)
  {
    std::memcpy(bytes_.data() + (address - base), text.data(), text.size());
  }

  [[nodiscard]] Result<> read(std::uint64_t address, std::span<std::byte> out) const override
  {
    if (address < base || out.size() > size_bytes || address - base > size_bytes - out.size())
      return failure(Error::Kind::not_found, "nothing there");
    std::memcpy(out.data(), bytes_.data() + (address - base), out.size());
    return {};
  }

private:
  std::vector<std::byte> bytes_;
};

/// Types, objects and lists as `version` lays them out; 3.11 or newer.
class FakeHeap {
public:
  using Address = std::uint64_t;
  static constexpr std::uint64_t heap_flag = 1U << 9U;
  static constexpr std::uint64_t collected_flag = 1U << 14U;

  explicit FakeHeap(Version version = { 3, 11 })
      : layout_(*layout_of(version)), heap_layout_(*heap_layout_of(layout_))
  {
    runtime_ = room(4096);
    interpreter_ = room(16384);
    memory.put(runtime_ + layout_.runtime_interpreters_head, interpreter_);
    for (const std::uint16_t head : heap_layout_.gc_heads)
      close(collector() + head);
    type_type = room(1024);
    memory.put(type_type + object_type, type_type);
    describe(type_type, "type", (1U << 31U) | collected_flag, 920);
    str_type = type("str", 1U << 28U, 80);
    list_type = type("list", (1U << 25U) | collected_flag, 40);
    tuple_type = type("tuple", (1U << 26U) | collected_flag, heap_layout_.tuple_items, 8);
    dict_type = type("dict", (1U << 29U) | collected_flag, 48);
    module_type = type("module", collected_flag, 56);
    modules_ = dict({});
    memory.put(interpreter_ + heap_layout_.interpreter_modules, modules_);
  }

  Address room(std::uint64_t bytes)
  {
    const Address at = next_;
    next_ += (bytes + 15) / 16 * 16;
    return at;
  }

  Address type(std::string_view name, std::uint64_t flags, std::uint64_t basic,
               std::uint64_t item = 0)
  {
    const Address at = room(1024);
    memory.put(at, std::uint64_t{ 1 });
    memory.put(at + object_type, type_type);
    describe(at, name, flags, basic);
    memory.put(at + 40, item);
    return at;
  }

  /// A class as a class statement makes it.
  Address made_class(std::string_view module, std::string_view name, std::uint64_t flags = 0)
  {
    const Address at = type(name, flags | heap_flag | collected_flag, 16);
    memory.put(at + 264, dict({ { "__module__", text(module) } }));
    return at;
  }

  /// Known to the collector, in the list of `generation`; 3 is the frozen one.
  Address object(Address type, std::uint64_t bytes, int generation = 0)
  {
    constexpr std::uint64_t in_front = 16; // attributes
    const Address node = room(in_front + gc_head_bytes + bytes) + in_front;
    const Address head = collector() + heap_layout_.gc_heads[static_cast<std::size_t>(generation)];
    const auto last = memory.value<std::uint64_t>(head + 8).value_or(0);
    memory.put(node, head);
    memory.put(node + 8, last);
    memory.put(last, node);
    memory.put(head + 8, node);
    return begun(node + gc_head_bytes, type);
  }

  Address untracked(Address type, std::uint64_t bytes) { return begun(room(bytes), type); }

  Address text(std::string_view characters)
  {
    const Address at = untracked(str_type, layout_.ascii_text + characters.size() + 1);
    memory.put(at + unicode_length, std::uint64_t{ characters.size() });
    memory.put(at + unicode_state, std::uint32_t{ 0x64 }); // 1 byte, compact, ASCII
    memory.put_text(at + layout_.ascii_text, characters);
    return at;
  }

  Address list(const std::vector<Address> &items)
  {
    const Address at = object(list_type, 40);
    const Address table = room(items.size() * 8);
    memory.put(at + variable_object_size, std::uint64_t{ items.size() });
    memory.put(at + list_items, table);
    memory.put(at + list_allocated, std::uint64_t{ items.size() });
    put_words(table, items);
    return at;
  }

  Address tuple(const std::vector<Address> &items, bool tracked = true)
  {
    const std::uint64_t bytes = heap_layout_.tuple_items + items.size() * 8;
    const Address at = tracked ? object(tuple_type, bytes) : untracked(tuple_type, bytes);
    memory.put(at + variable_object_size, std::uint64_t{ items.size() });
    put_words(at + heap_layout_.tuple_items, items);
    return at;
  }

  using Entries = std::vector<std::pair<std::string_view, Address>>;

  Address dict(const Entries &entries)
  {
    const Address at = object(dict_type, 48);
    set_entries(at, entries);
    return at;
  }

  void set_entries(Address dict, const Entries &entries)
  {
    const Address table = keys(entries, true);
    memory.put(dict + 16, std::uint64_t{ entries.size() });
    memory.put(dict + dict_keys, table);
  }

  /// A table of keys, of str alone, with values or for values that are apart.
  Address keys(const Entries &entries, bool with_values)
  {
    constexpr std::uint64_t header = 32;
    constexpr std::uint64_t size = 32; // 21 entries
    const Address at = room(header + size + 21 * 16);
    memory.put(at, std::uint64_t{ 1 });
    memory.put(at + 8, std::uint8_t{ 5 });
    memory.put(at + 9, std::uint8_t{ 5 });
    memory.put(at + 10, std::uint8_t{ 1 });
    memory.put(at + 24, std::uint64_t{ entries.size() });
    for (std::size_t i = 0; i < entries.size(); ++i) {
      const Address entry = at + header + size + i * 16;
      memory.put(entry, text(entries[i].first));
      memory.put(entry + 8, with_values ? entries[i].second : std::uint64_t{ 0 });
    }
    return at;
  }

  /// All modules there are.
  void set_modules(const std::vector<std::pair<std::string_view, Entries>> &modules)
  {
    Entries named;
    for (const auto &[name, variables] : modules) {
      const Address module = object(module_type, 56);
      memory.put(module + module_dict, dict(variables));
      named.emplace_back(name, module);
    }
    set_entries(modules_, named);
  }

  [[nodiscard]] Address collector() const { return interpreter_ + heap_layout_.interpreter_gc; }
  [[nodiscard]] Address head(std::size_t generation) const
  {
    return collector() + heap_layout_.gc_heads[generation];
  }
  [[nodiscard]] Address interpreter() const { return interpreter_; }
  [[nodiscard]] Address runtime() const { return runtime_; }
  [[nodiscard]] const Layout &layout() const { return layout_; }
  [[nodiscard]] const HeapLayout &heap_layout() const { return heap_layout_; }

  FakePiece memory;
  Address type_type = 0;
  Address str_type = 0;
  Address list_type = 0;
  Address tuple_type = 0;
  Address dict_type = 0;
  Address module_type = 0;

private:
  void close(Address head)
  {
    memory.put(head, head);
    memory.put(head + 8, head);
  }

  Address begun(Address at, Address type)
  {
    memory.put(at, std::uint64_t{ 1 });
    memory.put(at + object_type, type);
    return at;
  }

  void describe(Address type, std::string_view name, std::uint64_t flags, std::uint64_t basic)
  {
    const Address text = room(name.size() + 1);
    memory.put_text(text, name);
    memory.put(type + 24, text);
    memory.put(type + 32, basic);
    memory.put(type + 168, flags);
  }

  void put_words(Address at, const std::vector<Address> &words)
  {
    for (const Address word : words) {
      memory.put(at, word);
      at += 8;
    }
  }

  Layout layout_;
  HeapLayout heap_layout_;
  Address next_ = FakePiece::base + 64;
  Address runtime_ = 0;
  Address interpreter_ = 0;
  Address modules_ = 0;
};

/// Everything that a walk over a FakeHeap needs.
struct FakeWalk {
  explicit FakeWalk(const FakeHeap &fake, std::size_t limit_bytes = FakePiece::size_bytes)
      : space({ { FakePiece::base, FakePiece::base + FakePiece::size_bytes, true } }),
        copy(fake.memory, space, limit_bytes),
        types(copy, fake.heap_layout()), heap{ .space = space,
                                               .copy = copy,
                                               .types = types,
                                               .layout = fake.layout(),
                                               .heap_layout = fake.heap_layout(),
                                               .runtime = fake.runtime(),
                                               .interpreters = { fake.interpreter() } },
        objects(space)
  {
  }

  AddressSpace space;
  HeapCopy copy;
  TypeTable types;
  Heap heap;
  ObjectSet objects;
};

} // namespace linger::python
