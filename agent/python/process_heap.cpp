#include "python/process_heap.h"

#include "base/unique_fd.h"
#include "python/debug_offsets.h"
#include "python/gc_heads.h"
#include "python/process_layout.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace linger::python {
namespace {

namespace fs = std::filesystem;

Result<HeapLayout> heap_layout_in(const Memory &memory, const Interpreter &interpreter,
                                  const Layout &layout)
{
  const auto heap = heap_layout_of(layout);
  if (!heap)
    return failure(Error::Kind::not_supported,
                   fmt::format("the heap of CPython {} is not known", text_of(layout.version)));
  if (!has_debug_offsets(layout.version))
    return *heap;
  std::array<std::byte, debug_offsets_bytes> table{};
  if (const auto done = memory.read(interpreter.runtime_address, table); !done)
    return tl::unexpected(done.error());
  const auto told = with_debug_offsets(*heap, table);
  const auto interpreter_state =
      memory.value<std::uint64_t>(interpreter.runtime_address + layout.runtime_interpreters_main);
  if (!told || !interpreter_state)
    return told ? tl::unexpected(interpreter_state.error()) : tl::unexpected(told.error());
  return with_heads_found(memory, *told, *interpreter_state + told->interpreter_gc);
}

} // namespace

Result<ProcessHeap> heap_of_process(const fs::path &proc, std::uint32_t tgid)
{
  const UniqueFd maps{ ::open((proc / std::to_string(tgid) / "maps").c_str(),
                              O_RDONLY | O_CLOEXEC) };
  if (!maps && errno == ENOENT)
    return failure(Error::Kind::not_found, fmt::format("there is no process {}", tgid));
  if (!maps)
    return failed(fmt::format("read what memory process {} has", tgid), errno);
  const ProcessMemory memory{ tgid };
  auto interpreter = find_interpreter(proc, tgid, memory);
  if (!interpreter)
    return tl::unexpected(interpreter.error());
  const auto process = checked_layout(memory, *interpreter);
  if (!process)
    return tl::unexpected(process.error());
  const auto heap_layout = heap_layout_in(memory, *interpreter, process->layout);
  if (!heap_layout)
    return tl::unexpected(heap_layout.error());
  return ProcessHeap{ .interpreter = std::move(*interpreter),
                      .layout = process->layout,
                      .heap_layout = *heap_layout };
}

std::vector<Region> regions_of_process(const fs::path &proc, std::uint32_t tgid)
{
  std::ifstream file(proc / std::to_string(tgid) / "maps");
  std::stringstream text;
  text << file.rdbuf();
  return regions_in(text.str());
}

} // namespace linger::python
