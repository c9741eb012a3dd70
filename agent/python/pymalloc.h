// What CPython's own allocator ("pymalloc", Objects/obmalloc.c) has handed out in another process:
// objects of up to 512 bytes, counted to the block without a walk of the heap.

#pragma once

#include "base/result.h"
#include "python/address_space.h"
#include "python/layout.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>

namespace linger::python {

/// sizeof(struct pool_header), Include/internal/pycore_obmalloc.h.
inline constexpr std::size_t pool_header_bytes = 48;

/// POOL_SIZE: pools begin at multiples of it.
[[nodiscard]] constexpr std::uint32_t pool_bytes_of(Version version)
{
  return version < Version{ 3, 10 } ? 4096 : 16384;
}

struct PoolUse {
  std::uint32_t used_blocks = 0;
  std::uint32_t block_bytes = 0;

  bool operator==(const PoolUse &) const = default;
};

/// Of a pool that begins with these bytes; nullopt where none does. Its size class is there twice,
/// as an index and as the end of the last block, and its next fresh block must be one: other data
/// is hardly ever taken for a pool.
[[nodiscard]] std::optional<PoolUse> pool_use(std::span<const std::byte, pool_header_bytes> header,
                                              std::uint32_t pool_bytes);

struct PymallocUse {
  std::uint64_t used_bytes = 0;
  std::uint64_t pools = 0;
};

/// Looks for pools in all anonymous memory, because the list of arenas is in no symbol that a
/// stripped interpreter has. A mapping without a pool is mostly passed over from then on, as long
/// as it keeps its size. Not thread-safe.
class PymallocReader {
public:
  /// Places where a pool could begin: so many are read and no more (4 GB of pools, 1 GB before
  /// 3.10; some 80 ms).
  static constexpr std::size_t most_places = 262'144;
  /// Every so many reads pass over nothing.
  static constexpr std::uint32_t whole_reads = 16;

  /// not_found when the process runs no CPython, not_supported when its version cannot be told.
  [[nodiscard]] static Result<PymallocReader> open(const std::filesystem::path &proc,
                                                   std::uint32_t tgid);

  /// The process runs on meanwhile, so what is allocated and freed just now may count or not. No
  /// pools: this interpreter allocates otherwise. not_found once it is gone, exhausted where it has
  /// more memory than is read.
  [[nodiscard]] Result<PymallocUse> read();

private:
  PymallocReader(std::filesystem::path proc, std::uint32_t tgid, std::uint32_t pool_bytes)
      : proc_(std::move(proc)), tgid_(tgid), pool_bytes_(pool_bytes)
  {
  }

  /// Where a pool could begin in a mapping.
  struct Places {
    Region region;
    std::size_t count = 0;
  };

  std::filesystem::path proc_;
  std::uint32_t tgid_;
  std::uint32_t pool_bytes_;
  std::uint32_t reads_ = 0;
  std::map<std::uint64_t, std::uint64_t> barren_; // mappings without a pool: begin to end
};

} // namespace linger::python
