#include "python/ready_queue.h"

#include "python/debug_offsets.h"
#include "python/gc_lists.h"
#include "python/heap_text.h"
#include "python/interpreter.h"
#include "python/process_layout.h"
#include "python/references.h"

#include <array>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace linger::python {
namespace {

constexpr int most_threads = 1000;
constexpr int most_frames = 200;
constexpr std::size_t copy_bytes = std::size_t{ 8 } * 1024 * 1024;

class Search {
public:
  explicit Search(const Heap &heap) : heap_(heap) {}

  /// 0 when the thread runs no loop.
  [[nodiscard]] std::uint64_t in_thread(std::uint64_t thread)
  {
    const Layout &layout = heap_.layout;
    std::uint64_t frame = heap_.copy.word(thread + layout.thread_frame);
    if (frame && layout.cframe_frame)
      frame = heap_.copy.word(frame + *layout.cframe_frame);
    std::uint64_t found = 0;
    for (int depth = 0; frame && depth < most_frames; ++depth) {
      // The outermost loop is the server's.
      if (const std::uint64_t queue = in_frame(frame))
        found = queue;
      frame = heap_.copy.word(frame + layout.frame_previous);
    }
    return found;
  }

private:
  /// A loop's own methods have it as their first argument; asyncio.run() of 3.10 and older as its
  /// third variable.
  [[nodiscard]] std::uint64_t in_frame(std::uint64_t frame)
  {
    constexpr std::uint64_t locals = 4;
    constexpr std::uint64_t word_bytes = 8;
    constexpr std::uint64_t tag_mask = word_bytes - 1;
    std::uint64_t begin = frame + heap_.heap_layout.frame_locals;
    if (heap_.heap_layout.frame_locals == 0) { // then it is an object, whose size counts one local
      const Type *type = heap_.types.of(frame);
      if (!type)
        return 0;
      begin = frame + type->basic_bytes - word_bytes;
    }
    for (std::uint64_t at = 0; at < locals; ++at) {
      const std::uint64_t object = heap_.copy.word(begin + at * word_bytes) & ~tag_mask;
      if (const std::uint64_t queue = of_object(object))
        return queue;
    }
    return 0;
  }

  [[nodiscard]] std::uint64_t of_object(std::uint64_t object)
  {
    const Type *type = object ? heap_.types.of(object) : nullptr;
    if (!type || type->shape != Shape::plain || !type->heap)
      return 0;
    if (type->name == "asyncio.runners.Runner")
      return of_object(attribute(object, *type, "_loop"));
    std::uint64_t queue = 0;
    if (type->name.starts_with("uvloop."))
      for_each_reference(heap_.copy, heap_.heap_layout, object, *type,
                         [&](const Reference &reference) {
                           if (reference.hold == Hold::field && is_deque(reference.object))
                             queue = reference.object;
                         });
    else if (type->name.ends_with("EventLoop"))
      queue = attribute(object, *type, "_ready");
    return queue && is_deque(queue) ? queue : 0;
  }

  [[nodiscard]] bool is_deque(std::uint64_t object)
  {
    const Type *type = heap_.types.of(object);
    return type && type->shape == Shape::deque;
  }

  /// 0 when the object has none of that name.
  [[nodiscard]] std::uint64_t attribute(std::uint64_t object, const Type &type,
                                        std::string_view name)
  {
    std::uint64_t found = 0;
    std::uint64_t dict = 0;
    for_each_reference(heap_.copy, heap_.heap_layout, object, type,
                       [&](const Reference &reference) {
                         if (reference.hold == Hold::dict)
                           dict = reference.object;
                         else if (reference.hold == Hold::attribute && is_called(reference, name))
                           found = reference.object;
                       });
    if (dict)
      for_each_entry(heap_.copy, heap_.heap_layout, dict,
                     [&](std::uint64_t key, std::uint64_t value) {
                       if (heap_text(heap_.copy, heap_.heap_layout, key) == name)
                         found = value;
                       return found == 0;
                     });
    return found;
  }

  [[nodiscard]] bool is_called(const Reference &reference, std::string_view name)
  {
    return heap_text(heap_.copy, heap_.heap_layout, reference.name) == name;
  }

  const Heap &heap_;
};

std::string maps_of(const std::filesystem::path &proc, std::uint32_t tgid)
{
  std::ifstream file(proc / std::to_string(tgid) / "maps");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace

Result<std::uint64_t> ready_queue_in(const Heap &heap)
{
  Search search{ heap };
  std::uint64_t found = 0;
  for (const std::uint64_t interpreter : heap.interpreters) {
    // The newest thread comes first.
    std::uint64_t thread = heap.copy.word(interpreter + heap.layout.interpreter_threads_head);
    for (int count = 0; thread && count < most_threads; ++count) {
      if (const std::uint64_t queue = search.in_thread(thread))
        found = queue;
      thread = heap.copy.word(thread + heap.layout.thread_next);
    }
  }
  if (!found)
    return failure(Error::Kind::not_found, "no thread runs an event loop");
  return found;
}

Result<std::uint64_t> ready_queue_of_process(const std::filesystem::path &proc, std::uint32_t tgid)
{
  const ProcessMemory memory{ tgid };
  const auto interpreter = find_interpreter(proc, tgid, memory);
  if (!interpreter)
    return tl::unexpected(interpreter.error());
  const auto process = checked_layout(memory, *interpreter);
  if (!process)
    return tl::unexpected(process.error());
  const Layout &layout = process->layout;
  auto heap_layout = heap_layout_of(layout);
  if (!heap_layout)
    return failure(Error::Kind::not_supported,
                   fmt::format("the heap of CPython {} is not known", text_of(layout.version)));
  if (has_debug_offsets(layout.version)) {
    std::array<std::byte, debug_offsets_bytes> table{};
    if (const auto done = memory.read(interpreter->runtime_address, table); !done)
      return tl::unexpected(done.error());
    const auto told = with_debug_offsets(*heap_layout, table);
    if (!told)
      return tl::unexpected(told.error());
    heap_layout = *told;
  }
  const AddressSpace space{ regions_in(maps_of(proc, tgid)) };
  HeapCopy copy{ memory, space, copy_bytes };
  TypeTable types{ copy, *heap_layout };
  Heap heap{ .space = space,
             .copy = copy,
             .types = types,
             .layout = layout,
             .heap_layout = *heap_layout,
             .runtime = interpreter->runtime_address };
  auto interpreters = interpreters_of(copy, layout, heap.runtime);
  if (!interpreters)
    return tl::unexpected(interpreters.error());
  heap.interpreters = std::move(*interpreters);
  return ready_queue_in(heap);
}

} // namespace linger::python
