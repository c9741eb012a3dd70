#include "python/gc_heads.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fmt/format.h>
#include <thread>

namespace linger::python {
namespace {

constexpr int attempts = 20;
constexpr std::chrono::milliseconds pause{ 2 };

using Heads = std::array<std::uint16_t, 4>;
constexpr std::array known{
  Heads{ 24, 48, 72, 104 }, // 3.13.0
  Heads{ 20, 44, 68, 104 }, // 3.13.5: a head is aligned to 4 bytes, so the first follows an int
  Heads{ 8, 32, 56, 88 },   Heads{ 24, 48, 72, 96 }, // 3.14.10
  Heads{ 8, 32, 56, 80 },
};
// From the last head: itself and the statistics of three generations lie in between.
constexpr std::uint16_t to_collecting = 96;

/// Whether each list of the collector at `collector` comes back to its head.
bool fit(const Memory &memory, const Heads &heads, std::uint64_t collector)
{
  return std::ranges::all_of(heads, [&](std::uint64_t offset) {
    const std::uint64_t head = collector + offset;
    const std::uint64_t next = memory.value<std::uint64_t>(head).value_or(0) & gc_link_mask;
    return next != 0 && (memory.value<std::uint64_t>(next + 8).value_or(0) & gc_link_mask) == head;
  });
}

} // namespace

Result<HeapLayout> with_heads_found(const Memory &memory, HeapLayout layout,
                                    std::uint64_t collector)
{
  for (int attempt = 0; attempt < attempts; ++attempt) {
    if (attempt > 0)
      std::this_thread::sleep_for(pause);
    const auto heads = std::ranges::find_if(
        known, [&](const Heads &each) { return fit(memory, each, collector); });
    if (heads == known.end())
      continue;
    layout.gc_heads = *heads;
    layout.gc_collecting = static_cast<std::uint16_t>(heads->back() + to_collecting);
    return layout;
  }
  return failure(Error::Kind::not_supported,
                 fmt::format("the lists of CPython {}'s collector are in no known place",
                             text_of(layout.version)));
}

} // namespace linger::python
