#include "python/heap_census.h"

#include "python/object_size.h"
#include "python/references.h"

namespace linger::python {
namespace {

class Counting {
public:
  Counting(const Heap &heap, ObjectSet &objects, const ObjectSet &tracked, std::uint64_t most)
      : space_(heap.space), copy_(heap.copy), layout_(heap.heap_layout), types_(heap.types),
        objects_(objects), tracked_(tracked), most_(most)
  {
  }

  void all(HeapCount &count)
  {
    // In the order of addresses: what lies together is read together.
    tracked_.for_each([&](std::uint64_t object) {
      const Type *type = types_.of(object);
      if (!type) {
        ++count.unresolved;
        return;
      }
      objects_.insert(object);
      add(count, object, *type);
      expand(count, object, *type);
      while (!waiting_.empty()) {
        const std::uint64_t next = waiting_.back();
        waiting_.pop_back();
        if (const Type *of_next = types_.of(next))
          expand(count, next, *of_next);
      }
    });
  }

  [[nodiscard]] bool too_many() const { return objects_.size() > most_; }

private:
  void add(HeapCount &count, std::uint64_t object, const Type &type)
  {
    if (count.by_type.size() <= type.number)
      count.by_type.resize(types_.size());
    HeapCount::Sum &sum = count.by_type[type.number];
    ++sum.objects;
    sum.bytes += object_bytes(copy_, layout_, object, type);
  }

  /// Counts what `object` refers to and the collector does not know.
  void expand(HeapCount &count, std::uint64_t object, const Type &type)
  {
    if (type.shape == Shape::leaf || too_many())
      return;
    for_each_reference(copy_, layout_, object, type, [&](const Reference &reference) {
      if (tracked_.contains(reference.object) || objects_.contains(reference.object))
        return;
      const Type *found = types_.of(reference.object);
      if (!found || !ends_in_memory(reference.object, *found)) {
        count.unresolved += reference.hold == Hold::field ? 0 : 1;
        return;
      }
      // A tracked object is known by its list. What a field seems to point to may be a freed one.
      if (!objects_.insert(reference.object))
        return;
      add(count, reference.object, *found);
      if (refers(*found))
        waiting_.push_back(reference.object);
    });
  }

  /// Two words in a table of C's can look like an object's head. What follows is then no length:
  /// believed, it leads through all that lies behind.
  [[nodiscard]] bool ends_in_memory(std::uint64_t object, const Type &type) const
  {
    const auto fits = [&](std::uint64_t count, std::uint64_t begin, std::uint64_t item_bytes) {
      return count == 0 || count <= space_.bytes_from(begin) / item_bytes;
    };
    switch (type.shape) {
      case Shape::plain:
      case Shape::tuple:
      case Shape::bytes:
        return type.item_bytes == 0 ||
               fits(copy_.word(object + variable_object_size), object, type.item_bytes);
      case Shape::list: {
        const std::uint64_t room = copy_.word(object + list_allocated);
        return copy_.word(object + variable_object_size) <= room &&
               fits(room, copy_.word(object + list_items), sizeof(std::uint64_t));
      }
      case Shape::integer:
        return fits(object_bytes(copy_, layout_, object, type), object, 1);
      default:
        return true;
    }
  }

  static bool refers(const Type &type)
  {
    switch (type.shape) {
      case Shape::leaf:
      case Shape::text:
      case Shape::bytes:
      case Shape::bytearray:
      case Shape::integer:
        return type.heap;
      default:
        return true;
    }
  }

  const AddressSpace &space_;
  HeapCopy &copy_;
  const HeapLayout &layout_;
  TypeTable &types_;
  ObjectSet &objects_;
  const ObjectSet &tracked_;
  std::uint64_t most_;
  std::vector<std::uint64_t> waiting_;
};

} // namespace

Result<HeapCount> count_heap(const Heap &heap, ObjectSet &objects, TornList torn,
                             std::uint64_t most)
{
  ObjectSet tracked{ heap.space };
  auto walked = walk_gc_lists(heap, tracked, torn, most);
  if (!walked)
    return tl::unexpected(walked.error());
  HeapCount count{ .tracked = *walked, .tracked_objects = tracked.size() };
  Counting counting{ heap, objects, tracked, most };
  counting.all(count);
  if (counting.too_many())
    return failure(Error::Kind::exhausted, "the heap has more objects than can be counted");
  return count;
}

std::vector<domain::TypeCount> named(const HeapCount &count, const TypeTable &types)
{
  std::vector<domain::TypeCount> counts;
  for (std::uint32_t number = 0; number < count.by_type.size(); ++number) {
    const HeapCount::Sum &sum = count.by_type[number];
    if (sum.objects != 0)
      counts.push_back(
          { .type = types.number(number).name, .objects = sum.objects, .bytes = sum.bytes });
  }
  return counts;
}

} // namespace linger::python
