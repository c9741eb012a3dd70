#include "python/path_classes.h"

#include "python/heap_text.h"

#include <algorithm>

namespace linger::python {

PathClasses::Number PathClasses::root(std::string text)
{
  classes_.push_back({ .is_root = true, .type = static_cast<std::uint32_t>(roots_.size()) });
  roots_.push_back(std::move(text));
  return static_cast<Number>(classes_.size() - 1);
}

PathClasses::Number PathClasses::step(Number parent, Hold hold, std::uint64_t name,
                                      std::uint32_t type)
{
  // How far back a chain is looked for: node -> dict -> list -> node.
  constexpr int furthest = 6;
  Number above = parent;
  for (int back = 0; back < furthest && !classes_[above].is_root; ++back) {
    if (alike(classes_[above], hold, name, type))
      return above;
    above = classes_[above].parent;
  }
  const auto key = std::tuple(parent, hold, name, type);
  if (const auto known = numbers_.find(key); known != numbers_.end())
    return known->second;
  if (classes_.size() >= most_classes)
    return parent;
  const auto number = static_cast<Number>(classes_.size());
  classes_.push_back({ .parent = parent, .hold = hold, .name = name, .type = type });
  numbers_.emplace(key, number);
  return number;
}

std::string PathClasses::text(Number number) const
{
  std::vector<Number> way;
  for (Number at = number; !classes_[at].is_root; at = classes_[at].parent)
    way.push_back(at);
  const Class &root = classes_[way.empty() ? number : classes_[way.back()].parent];
  std::ranges::reverse(way);

  // Variables and attributes read as one name: module.NAME.attribute.
  std::string text = "`" + roots_[root.type];
  auto step = way.begin();
  std::string type;
  for (; step != way.end() && classes_[*step].hold == Hold::attribute; ++step) {
    text += "." + heap_text(heap_.copy, heap_.heap_layout, classes_[*step].name);
    type = heap_.types.number(classes_[*step].type).name;
  }
  text += type.empty() ? "`" : "` (" + type + ")";
  for (; step != way.end(); ++step) {
    const Class &at = classes_[*step];
    const std::string &of = heap_.types.number(at.type).name;
    if (at.hold == Hold::attribute)
      text += "." + heap_text(heap_.copy, heap_.heap_layout, at.name) + " (" + of + ")";
    else
      text += " -> " + of + (at.hold == Hold::key ? " as a key" : "");
  }
  return text;
}

} // namespace linger::python
