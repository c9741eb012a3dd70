#include "python/census_taker.h"

#include "base/unique_fd.h"
#include "python/debug_offsets.h"
#include "python/gc_heads.h"
#include "python/heap.h"
#include "python/heap_census.h"
#include "python/pause.h"
#include "python/resident_pages.h"
#include "python/retaining_path.h"
#include "python/thread_activity.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <thread>

namespace linger::python {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

std::string maps_of(const fs::path &proc, std::uint32_t tgid)
{
  std::ifstream file(proc / std::to_string(tgid) / "maps");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

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

/// The activity once no thread can run, or after `patience`.
Result<std::vector<ThreadActivity>> when_idle(const fs::path &proc, std::uint32_t tgid,
                                              std::chrono::milliseconds patience)
{
  const auto deadline = Clock::now() + patience;
  while (true) {
    auto threads = activity_of(proc, tgid);
    if (!threads || is_idle(*threads) || Clock::now() >= deadline)
      return threads;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

std::uint64_t difference(std::uint64_t a, std::uint64_t b)
{
  return a > b ? a - b : b - a;
}

} // namespace

Result<CensusTaker> CensusTaker::open(const fs::path &proc, std::uint32_t tgid)
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
  const auto heap = heap_layout_in(memory, *interpreter, process->layout);
  if (!heap)
    return tl::unexpected(heap.error());
  return CensusTaker(proc, tgid, std::move(*interpreter), process->layout, *heap);
}

Result<TakenCensus> CensusTaker::take(const CensusOptions &options,
                                      FunctionRef<void(std::uint32_t)> progress) const
{
  const auto begin = Clock::now();
  std::optional<TakenCensus> best;
  std::uint64_t spread = 0;
  std::optional<Error> problem;
  std::uint32_t number = 0;
  std::uint32_t counted = 0;
  bool idle = false;
  while (!idle && number < options.attempts && counted < options.busy_counts) {
    progress(++number);
    const Mode mode =
        number + options.last_attempts > options.attempts ? Mode::whatever
        : options.may_pause > options.may_pause.zero() && number > options.attempts_before_pause
            ? Mode::paused
            : Mode::when_idle;
    auto made = attempt(options, mode);
    if (!made && made.error().kind != Error::Kind::exhausted)
      return tl::unexpected(made.error());
    if (!made)
      problem = made.error();
    else if (made->taken) {
      ++counted;
      idle = made->taken->census.quality.idle;
      if (best)
        spread = std::max(spread, difference(best->census.objects, made->taken->census.objects));
      best = std::move(made->taken);
    }
  }
  if (!best)
    return tl::unexpected(problem.value_or(
        Error{ .kind = Error::Kind::exhausted,
               .what = fmt::format("the heap of process {} could not be copied", tgid_) }));
  domain::HeapCopyQuality &quality = best->census.quality;
  quality.attempts = number;
  quality.error_objects = quality.unresolved + (quality.idle ? 0 : spread);
  quality.whole = Clock::now() - begin;
  return std::move(*best);
}

Result<CensusTaker::Attempt> CensusTaker::attempt(const CensusOptions &options, Mode mode) const
{
  const bool whatever = mode == Mode::whatever;
  auto before = when_idle(proc_, tgid_, options.patience);
  if (!before)
    return tl::unexpected(before.error());
  std::optional<Pause> pause;
  if (mode == Mode::paused && !is_idle(*before)) {
    Result<Pause> paused = Pause::begin(proc_, tgid_, options.may_pause);
    if (!paused)
      return tl::unexpected(paused.error());
    pause.emplace(std::move(*paused));
    before = activity_of(proc_, tgid_);
    if (!before)
      return tl::unexpected(before.error());
  }
  const auto begin = Clock::now();
  const AddressSpace space{ regions_in(maps_of(proc_, tgid_)) };
  const ProcessMemory memory{ tgid_ };
  HeapCopy copy{ memory, space, options.copy_limit_bytes };
  ResidentPages resident{ proc_, tgid_ };
  copy.copy_ahead([&](const AddressSpace::Block &block) {
    if (pause)
      pause->end_in_time();
    return resident.any(block);
  });
  const auto copied = Clock::now();
  auto after = activity_of(proc_, tgid_);
  if (pause)
    pause->end();
  if (!after)
    return tl::unexpected(after.error());
  if (!whatever && !stayed_idle(*before, *after))
    return Attempt{};

  TypeTable types{ copy, heap_layout_ };
  Heap heap{ .space = space,
             .copy = copy,
             .types = types,
             .layout = layout_,
             .heap_layout = heap_layout_,
             .runtime = interpreter_.runtime_address };
  auto interpreters = interpreters_of(copy, layout_, heap.runtime);
  if (!interpreters)
    return tl::unexpected(interpreters.error());
  heap.interpreters = std::move(*interpreters);
  ObjectSet objects{ space };
  const auto count = count_heap(heap, objects, whatever ? TornList::counted : TornList::refused);
  if (!count)
    return tl::unexpected(count.error());

  Attempt made{ .taken = TakenCensus{} };
  auto retainers = find_retainers(heap, objects, options.paths_of, options.missing);
  if (!retainers)
    return tl::unexpected(retainers.error());
  made.taken->retainers = std::move(*retainers);
  auto walked = Clock::now();
  if (copy.late_blocks() != 0) {
    // It did not fit, so it was read until now.
    after = activity_of(proc_, tgid_);
    if (!after)
      return tl::unexpected(after.error());
  } else {
    walked = copied;
  }

  domain::Census &census = made.taken->census;
  census.tgid = tgid_;
  census.python_version = text_of(interpreter_.version);
  census.time = std::chrono::time_point_cast<domain::Nanos>(std::chrono::system_clock::now());
  domain::set_types(census, named(*count, types));
  census.tracked = count->tracked_objects;
  census.frozen = count->tracked.frozen;
  census.quality.idle = stayed_idle(*before, *after) && !count->tracked.collecting;
  census.quality.unresolved = count->unresolved + count->tracked.unresolved;
  census.quality.copied_bytes = copy.read_bytes();
  census.quality.copy = walked - begin;
  if (count->tracked.torn != 0)
    census.quality.gaps.push_back(
        fmt::format("{} of the collector's lists changed while they were copied: counted from both "
                    "ends up to where they do not fit together",
                    count->tracked.torn));
  if (pause)
    census.quality.gaps.push_back(
        fmt::format("the worker was stopped for {} ms, as --may-pause allowed",
                    std::chrono::ceil<std::chrono::milliseconds>(pause->lasted()).count()));
  if (space.left_out_bytes() != 0)
    census.quality.gaps.push_back(
        fmt::format("{} bytes of mappings were too much to look at", space.left_out_bytes()));
  if (!census.quality.idle && !whatever)
    return Attempt{};
  return made;
}

} // namespace linger::python
