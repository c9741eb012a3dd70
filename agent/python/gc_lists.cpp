#include "python/gc_lists.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::python {
namespace {

constexpr std::size_t most_interpreters = 256;

struct Node {
  std::uint64_t next = 0;
  std::uint64_t previous = 0;
};

class Walk {
public:
  Walk(const Heap &heap, ObjectSet &objects, TornList torn, std::uint64_t most)
      : copy_(heap.copy), types_(heap.types), objects_(objects), torn_(torn), most_(most)
  {
  }

  /// How many nodes the list has that begins and ends at `head`.
  Result<std::uint64_t> list(std::uint64_t head, Tracked &tracked)
  {
    const auto first = copy_.value<Node>(head);
    if (!first)
      return broken("its head cannot be read");
    // NULL: never used, in the generations of an interpreter that is starting.
    if ((first->next & gc_link_mask) == 0)
      return 0;
    if (torn_ == TornList::counted)
      return both_ways(head, *first, tracked);
    std::uint64_t count = 0;
    std::uint64_t node = first->next & gc_link_mask;
    while (node != head) {
      const auto links = copy_.value<Node>(node);
      if (!links || node % sizeof(std::uint64_t) != 0)
        return broken("a link leads nowhere");
      if (++total_ > most_)
        return too_many();
      const std::uint64_t object = node + gc_head_bytes;
      if (!types_.of(object))
        ++tracked.unresolved;
      else if (!objects_.insert(object))
        return broken("an object is in it twice");
      ++count;
      node = links->next & gc_link_mask;
    }
    return count;
  }

private:
  static tl::unexpected<Error> broken(std::string_view how)
  {
    return failure(Error::Kind::exhausted,
                   fmt::format("a list of CPython's collector does not close: {}", how));
  }

  [[nodiscard]] Result<std::uint64_t> too_many() const
  {
    return failure(Error::Kind::exhausted, fmt::format("the heap has more than {} objects", most_));
  }

  Result<std::uint64_t> both_ways(std::uint64_t head, const Node &ends, Tracked &tracked)
  {
    std::uint64_t count = 0;
    const std::uint64_t reached = part(head, ends.next, &Node::next, &Node::previous, count);
    if (reached != head) {
      ++tracked.torn;
      (void)part(head, ends.previous, &Node::previous, &Node::next, count);
    }
    return total_ > most_ ? too_many() : count;
  }

  /// Counts from one end of a list as far as it holds together: each node an object that was not
  /// met before, which leads back to where the walk came from. A freed one leads to other freed
  /// ones. Returns the node that is no part of it, or `head`.
  std::uint64_t part(std::uint64_t head, std::uint64_t first, std::uint64_t Node::*forth,
                     std::uint64_t Node::*back, std::uint64_t &count)
  {
    std::uint64_t before = head;
    std::uint64_t node = first & gc_link_mask;
    while (node != head) {
      const auto links = copy_.value<Node>(node);
      const std::uint64_t object = node + gc_head_bytes;
      if (!links || node % sizeof(std::uint64_t) != 0 ||
          ((*links).*back & gc_link_mask) != before || !types_.of(object) ||
          !objects_.insert(object) || ++total_ > most_)
        break;
      ++count;
      before = node;
      node = (*links).*forth & gc_link_mask;
    }
    return node;
  }

  HeapCopy &copy_;
  TypeTable &types_;
  ObjectSet &objects_;
  TornList torn_;
  std::uint64_t most_;
  std::uint64_t total_ = 0; // nodes; those without an object too, which may loop
};

} // namespace

Result<std::vector<std::uint64_t>> interpreters_of(HeapCopy &copy, const Layout &layout,
                                                   std::uint64_t runtime)
{
  std::vector<std::uint64_t> found;
  std::uint64_t state = copy.word(runtime + layout.runtime_interpreters_head);
  while (state != 0 && found.size() < most_interpreters &&
         std::ranges::find(found, state) == found.end()) {
    found.push_back(state);
    state = copy.word(state + layout.interpreter_next);
  }
  if (found.empty() || state != 0)
    return failure(Error::Kind::exhausted, "the list of CPython's interpreters does not close");
  return found;
}

Result<Tracked> walk_gc_lists(const Heap &heap, ObjectSet &objects, TornList torn,
                              std::uint64_t most)
{
  const HeapLayout &layout = heap.heap_layout;
  std::vector<std::uint64_t> collectors;
  if (layout.runtime_gc)
    collectors.push_back(heap.runtime + *layout.runtime_gc);
  else
    for (const std::uint64_t interpreter : heap.interpreters)
      collectors.push_back(interpreter + layout.interpreter_gc);

  Tracked tracked;
  Walk walk{ heap, objects, torn, most };
  for (const std::uint64_t collector : collectors) {
    tracked.collecting |=
        heap.copy.value<std::int32_t>(collector + layout.gc_collecting).value_or(0) != 0;
    for (const std::uint16_t head : layout.gc_heads) {
      const auto count = walk.list(collector + head, tracked);
      if (!count)
        return tl::unexpected(count.error());
      if (head == layout.gc_heads.back())
        tracked.frozen += *count;
    }
  }
  return tracked;
}

} // namespace linger::python
