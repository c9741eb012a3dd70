// Ways through a heap that are alike: the elements of one list are all held in the same way.

#pragma once

#include "python/heap.h"
#include "python/references.h"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace linger::python {

/// A tree of ways. Two objects are in one class when they are of one type and held in the same
/// manner by objects of one class; a chain of alike objects (a linked list) is one class.
class PathClasses {
public:
  using Number = std::uint32_t;
  /// More are not told apart: what comes then counts as its holder's class.
  static constexpr std::size_t most_classes = 500'000;

  explicit PathClasses(const Heap &heap) : heap_(heap) {}

  /// A way that begins at something with a name: a module or a function.
  [[nodiscard]] Number root(std::string text);
  /// One step on: an object of type number `type` that is held by one of `parent`. `name` is the
  /// str of an attribute's name, 0 else.
  [[nodiscard]] Number step(Number parent, Hold hold, std::uint64_t name, std::uint32_t type);

  void count(Number number) { ++classes_[number].objects; }
  [[nodiscard]] std::uint64_t objects(Number number) const { return classes_[number].objects; }
  [[nodiscard]] std::size_t size() const { return classes_.size(); }

  /// "`shop.views.RECENT` (list) -> dict -> shop.views.Session"
  [[nodiscard]] std::string text(Number number) const;

private:
  struct Class {
    Number parent = 0;
    Hold hold = Hold::item;
    bool is_root = false;
    std::uint64_t name = 0;
    std::uint32_t type = 0; // of a root: its text
    std::uint64_t objects = 0;
  };
  [[nodiscard]] bool alike(const Class &a, Hold hold, std::uint64_t name, std::uint32_t type) const
  {
    return !a.is_root && a.hold == hold && a.name == name && a.type == type;
  }

  const Heap &heap_;
  std::vector<Class> classes_;
  std::vector<std::string> roots_;
  std::map<std::tuple<Number, Hold, std::uint64_t, std::uint32_t>, Number> numbers_;
};

} // namespace linger::python
