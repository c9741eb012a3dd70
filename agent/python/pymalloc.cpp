#include "python/pymalloc.h"

#include "python/interpreter.h"
#include "python/memory.h"
#include "python/resident_pages.h"

#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace linger::python {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t alignment_bytes = 16;
constexpr std::uint32_t size_classes = 32; // up to SMALL_REQUEST_THRESHOLD, 512 bytes

// struct pool_header: where what is read of it lies.
constexpr std::size_t count_at = 0;
constexpr std::size_t size_class_at = 36;
constexpr std::size_t next_offset_at = 40;
constexpr std::size_t max_next_offset_at = 44;

std::uint32_t word_at(std::span<const std::byte, pool_header_bytes> header, std::size_t offset)
{
  std::uint32_t word = 0;
  std::memcpy(&word, header.data() + offset, sizeof word);
  return word;
}

/// Empty when the process is gone.
std::string maps_of(const fs::path &proc, std::uint32_t tgid)
{
  std::ifstream file(proc / std::to_string(tgid) / "maps");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

} // namespace

std::optional<PoolUse> pool_use(std::span<const std::byte, pool_header_bytes> header,
                                std::uint32_t pool_bytes)
{
  const std::uint32_t size_class = word_at(header, size_class_at);
  if (size_class >= size_classes)
    return std::nullopt;
  const std::uint32_t block_bytes = (size_class + 1) * alignment_bytes;
  const std::uint32_t next_offset = word_at(header, next_offset_at);
  const std::uint32_t room_bytes = pool_bytes - static_cast<std::uint32_t>(pool_header_bytes);
  const std::uint32_t used_blocks = word_at(header, count_at);
  if (word_at(header, max_next_offset_at) != pool_bytes - block_bytes ||
      next_offset < pool_header_bytes || next_offset > pool_bytes ||
      (next_offset - pool_header_bytes) % block_bytes != 0 ||
      used_blocks > room_bytes / block_bytes)
    return std::nullopt;
  return PoolUse{ .used_blocks = used_blocks, .block_bytes = block_bytes };
}

Result<PymallocReader> PymallocReader::open(const fs::path &proc, std::uint32_t tgid)
{
  // Its name is enough, and cheap where there are hundreds of workers.
  std::error_code ignored;
  const fs::path executable = fs::read_symlink(proc / std::to_string(tgid) / "exe", ignored);
  if (const auto mapped = interpreter_in(maps_of(proc, tgid), executable.string())) {
    if (const auto version = version_in_name(mapped->file))
      return PymallocReader{ proc, tgid, pool_bytes_of(*version) };
  }
  const auto interpreter = find_interpreter(proc, tgid, ProcessMemory{ tgid });
  if (!interpreter)
    return tl::unexpected(interpreter.error());
  return PymallocReader{ proc, tgid, pool_bytes_of(interpreter->version) };
}

Result<PymallocUse> PymallocReader::read()
{
  const std::string maps = maps_of(proc_, tgid_);
  if (maps.empty())
    return failure(Error::Kind::not_found, fmt::format("process {} is gone", tgid_));
  if (reads_++ % whole_reads == 0)
    barren_.clear();

  ResidentPages pages{ proc_, tgid_ };
  std::vector<Places> mappings;
  std::vector<std::uint64_t> addresses;
  for (const Region &region : regions_in(maps)) {
    if (!region.own || !region.anonymous)
      continue;
    if (const auto barren = barren_.find(region.begin);
        barren != barren_.end() && barren->second == region.end)
      continue;
    const std::size_t before = addresses.size();
    const std::uint64_t first = (region.begin + pool_bytes_ - 1) / pool_bytes_ * pool_bytes_;
    for (std::uint64_t at = first; at + pool_bytes_ <= region.end; at += pool_bytes_) {
      if (pages.present(at, region.end))
        addresses.push_back(at);
    }
    mappings.push_back({ .region = region, .count = addresses.size() - before });
    if (addresses.size() > most_places)
      return failure(
          Error::Kind::exhausted,
          fmt::format("process {} has too much memory for its small objects to be counted", tgid_));
  }

  std::vector<std::byte> headers(addresses.size() * pool_header_bytes);
  if (const auto done = ProcessMemory{ tgid_ }.read_pieces(addresses, pool_header_bytes, headers);
      !done)
    return tl::unexpected(done.error());
  PymallocUse use;
  std::span<const std::byte> left{ headers };
  for (const Places &mapping : mappings) {
    const std::uint64_t before = use.pools;
    for (std::size_t i = 0; i < mapping.count; ++i) {
      const auto pool = pool_use(left.first<pool_header_bytes>(), pool_bytes_);
      left = left.subspan(pool_header_bytes);
      if (!pool)
        continue;
      use.used_bytes += std::uint64_t{ pool->used_blocks } * pool->block_bytes;
      ++use.pools;
    }
    if (use.pools == before)
      barren_.insert_or_assign(mapping.region.begin, mapping.region.end);
  }
  return use;
}

} // namespace linger::python
