#include "python/retaining_path.h"

#include "python/heap_text.h"
#include "python/path_classes.h"

#include <algorithm>
#include <array>
#include <deque>
#include <fmt/format.h>
#include <map>
#include <vector>

namespace linger::python {
namespace {

constexpr std::size_t most_modules = 100'000;
constexpr int most_threads = 10'000;
constexpr int most_frames = 1'000;
constexpr std::size_t most_paths = 200;

/// Types whose name is `wanted`, in whole or behind the last dot; by number.
std::vector<bool> types_named(const TypeTable &types, const std::string &wanted)
{
  std::vector<bool> found(types.size(), false);
  for (std::uint32_t number = 0; number < types.size(); ++number) {
    const std::string &name = types.number(number).name;
    found[number] = name == wanted || (name.ends_with(wanted) && name.size() > wanted.size() &&
                                       name[name.size() - wanted.size() - 1] == '.');
  }
  return found;
}

class Search {
public:
  Search(const Heap &heap, const ObjectSet &objects, const std::vector<bool> &wanted)
      : heap_(heap), objects_(objects), wanted_(wanted), visited_(heap.space), classes_(heap)
  {
  }

  void from_modules()
  {
    std::size_t count = 0;
    for (const std::uint64_t interpreter : heap_.interpreters) {
      const std::uint64_t modules =
          heap_.copy.word(interpreter + heap_.heap_layout.interpreter_modules);
      for_each_entry(heap_.copy, heap_.heap_layout, modules,
                     [&](std::uint64_t key, std::uint64_t module) {
                       begin_at_module(key, module);
                       return ++count < most_modules;
                     });
    }
    go_on();
  }

  void from_frames()
  {
    for (const std::uint64_t interpreter : heap_.interpreters) {
      std::uint64_t thread = heap_.copy.word(interpreter + heap_.layout.interpreter_threads_head);
      for (int count = 0; thread != 0 && count < most_threads; ++count) {
        begin_at_thread(thread);
        thread = heap_.copy.word(thread + heap_.layout.thread_next);
      }
    }
    go_on();
  }

  [[nodiscard]] std::vector<domain::RetainingPath> paths() const
  {
    std::map<std::string, std::uint64_t> by_text;
    for (PathClasses::Number number = 0; number < classes_.size(); ++number) {
      if (const std::uint64_t count = classes_.objects(number); count != 0)
        by_text[classes_.text(number)] += count;
    }
    std::vector<domain::RetainingPath> paths;
    paths.reserve(by_text.size());
    for (const auto &[text, count] : by_text)
      paths.push_back({ .text = text, .objects = count });
    std::ranges::stable_sort(paths, std::ranges::greater{}, &domain::RetainingPath::objects);
    paths.resize(std::min(paths.size(), most_paths));
    return paths;
  }

private:
  struct Waiting {
    std::uint64_t object = 0;
    PathClasses::Number path = 0;
    /// A dict whose keys are names: of variables or attributes.
    bool names = false;
  };

  void begin_at_module(std::uint64_t key, std::uint64_t module)
  {
    const Type *type = heap_.types.of(module);
    if (!type || type->shape != Shape::module || !visited_.insert(module))
      return;
    const std::uint64_t dict = heap_.copy.word(module + module_dict);
    if (objects_.contains(dict) && visited_.insert(dict))
      waiting_.push_back({ .object = dict,
                           .path = classes_.root(heap_text(heap_.copy, heap_.heap_layout, key)),
                           .names = true });
  }

  void begin_at_thread(std::uint64_t thread)
  {
    const Layout &layout = heap_.layout;
    std::uint64_t frame = heap_.copy.word(thread + layout.thread_frame);
    if (frame != 0 && layout.cframe_frame)
      frame = heap_.copy.word(frame + *layout.cframe_frame);
    for (int depth = 0; frame != 0 && depth < most_frames; ++depth) {
      const bool foreign =
          layout.frame_owner &&
          heap_.copy.value<std::uint8_t>(frame + *layout.frame_owner).value_or(0xff) >=
              layout.first_foreign_owner;
      if (!foreign)
        begin_at_frame(frame);
      frame = heap_.copy.word(frame + layout.frame_previous);
    }
  }

  void begin_at_frame(std::uint64_t frame)
  {
    const Layout &layout = heap_.layout;
    const std::uint64_t code = heap_.copy.word(frame + layout.frame_code) &
                               ~static_cast<std::uint64_t>(layout.frame_code_tag_mask);
    const std::string name =
        heap_text(heap_.copy, heap_.heap_layout,
                  heap_.copy.word(code + layout.code_qualified_name.value_or(layout.code_name)));
    if (name.empty())
      return;
    // As far as the next frame, or into it: that one has begun before.
    constexpr std::uint64_t words = 64;
    constexpr std::uint64_t word_bytes = 8;
    constexpr std::uint64_t tag_mask = word_bytes - 1;
    const bool is_object = heap_.heap_layout.frame_locals == 0;
    const Type *type = is_object ? heap_.types.of(frame) : nullptr;
    const std::uint64_t begin =
        is_object ? frame + (type ? type->basic_bytes : 0) : frame + heap_.heap_layout.frame_locals;
    const PathClasses::Number root = classes_.root("a local of " + name);
    for (std::uint64_t at = 0; at < words; ++at)
      reached(
          { .object = heap_.copy.word(begin + at * word_bytes) & ~tag_mask, .hold = Hold::field },
          { .path = root });
  }

  void go_on()
  {
    while (!waiting_.empty()) {
      const Waiting from = waiting_.front();
      waiting_.pop_front();
      if (const Type *type = heap_.types.of(from.object))
        for_each_reference(heap_.copy, heap_.heap_layout, from.object, *type,
                           [&](const Reference &reference) { reached(reference, from); });
    }
  }

  void reached(const Reference &reference, const Waiting &from)
  {
    if (!objects_.contains(reference.object) || !visited_.insert(reference.object))
      return;
    const Type *type = heap_.types.of(reference.object);
    if (!type)
      return;
    if (reference.hold == Hold::dict) {
      waiting_.push_back({ .object = reference.object, .path = from.path, .names = true });
      if (wanted(*type))
        classes_.count(classes_.step(from.path, Hold::dict, 0, type->number));
      return;
    }
    const bool leads_on = may_refer(*type);
    if (!leads_on && !wanted(*type))
      return;
    // A dict that is no namespace holds items; their keys are data.
    const bool of_instance = is_instance(from);
    const bool named = reference.hold == Hold::attribute && (from.names || of_instance);
    const Hold hold = reference.hold == Hold::attribute && !named ? Hold::item : reference.hold;
    const PathClasses::Number path =
        classes_.step(from.path, hold, named ? reference.name : 0, type->number);
    if (wanted(*type))
      classes_.count(path);
    if (leads_on)
      waiting_.push_back({ .object = reference.object, .path = path });
  }

  /// Whether attributes of what is expanded are those of an instance, not the items of a dict.
  [[nodiscard]] bool is_instance(const Waiting &from) const
  {
    if (from.object == 0)
      return false;
    const Type *type = heap_.types.of(from.object);
    return type && type->shape != Shape::dict;
  }

  [[nodiscard]] bool wanted(const Type &type) const
  {
    return type.number < wanted_.size() && wanted_[type.number];
  }

  static bool may_refer(const Type &type)
  {
    return type.heap || type.shape == Shape::plain || !is_leaf(type.shape);
  }
  static bool is_leaf(Shape shape)
  {
    return shape == Shape::leaf || shape == Shape::text || shape == Shape::bytes ||
           shape == Shape::bytearray || shape == Shape::integer;
  }

  const Heap &heap_;
  const ObjectSet &objects_;
  const std::vector<bool> &wanted_;
  ObjectSet visited_;
  PathClasses classes_;
  std::deque<Waiting> waiting_;
};

} // namespace

Result<domain::Retainers> find_retainers(const Heap &heap, const ObjectSet &objects,
                                         const std::string &type)
{
  const std::vector<bool> wanted = types_named(heap.types, type);
  if (std::ranges::none_of(wanted, [](bool named) { return named; }))
    return failure(Error::Kind::usage, fmt::format("the heap holds no object of a type {}", type));
  domain::Retainers retainers{ .type = type };
  objects.for_each([&](std::uint64_t object) {
    const Type *of = heap.types.of(object);
    retainers.objects += of && of->number < wanted.size() && wanted[of->number] ? 1 : 0;
  });
  Search search{ heap, objects, wanted };
  search.from_modules();
  search.from_frames();
  retainers.paths = search.paths();
  return retainers;
}

Result<std::vector<domain::Retainers>> find_retainers(const Heap &heap, const ObjectSet &objects,
                                                      const std::vector<std::string> &types,
                                                      MissingType missing)
{
  std::vector<domain::Retainers> found;
  for (const std::string &type : types) {
    auto retainers = find_retainers(heap, objects, type);
    if (retainers)
      found.push_back(std::move(*retainers));
    else if (retainers.error().kind != Error::Kind::usage || missing == MissingType::refused)
      return tl::unexpected(retainers.error());
  }
  return found;
}

} // namespace linger::python
