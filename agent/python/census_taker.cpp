#include "python/census_taker.h"

#include "python/gc_lists.h"
#include "python/heap.h"
#include "python/heap_census.h"
#include "python/pause.h"
#include "python/resident_pages.h"
#include "python/retaining_path.h"
#include "python/thread_activity.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <thread>

namespace linger::python {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

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
  auto heap = heap_of_process(proc, tgid);
  if (!heap)
    return tl::unexpected(heap.error());
  return CensusTaker(proc, tgid, std::move(*heap));
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
  const AddressSpace space{ regions_of_process(proc_, tgid_) };
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

  TypeTable types{ copy, heap_.heap_layout };
  Heap heap{ .space = space,
             .copy = copy,
             .types = types,
             .layout = heap_.layout,
             .heap_layout = heap_.heap_layout,
             .runtime = heap_.interpreter.runtime_address };
  auto interpreters = interpreters_of(copy, heap_.layout, heap.runtime);
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
  census.python_version = text_of(heap_.interpreter.version);
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
