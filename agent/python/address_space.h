// The readable mappings of a process, cut into blocks that are numbered throughout.

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace linger::python {

/// One mapping that can be read.
struct Region {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  /// Written by this process alone: where its objects are.
  bool own = false;
  /// Of no file, and neither the heap of brk(2) nor the main thread's stack.
  bool anonymous = false;

  bool operator==(const Region &) const = default;
};

/// From the text of /proc/TGID/maps, ascending. Lines that make no sense are left out, the thread
/// stacks and devices are not.
[[nodiscard]] std::vector<Region> regions_in(std::string_view maps);

/// Not thread-safe: remembers where it looked last.
class AddressSpace {
public:
  static constexpr std::uint64_t block_bytes = std::uint64_t{ 64 } * 1024;
  /// 256 GiB of mappings; what lies beyond is not looked at, and counted.
  static constexpr std::size_t most_blocks = std::size_t{ 4 } * 1024 * 1024;

  explicit AddressSpace(const std::vector<Region> &regions);
  AddressSpace(const AddressSpace &) = delete;
  AddressSpace &operator=(const AddressSpace &) = delete;

  /// A block and where in it; it ends with its region.
  struct Place {
    std::size_t block = 0;
    std::uint32_t offset = 0;
    /// From there to the block's end; at least 1.
    std::uint32_t bytes = 0;
  };
  /// nullopt where nothing is mapped.
  [[nodiscard]] std::optional<Place> locate(std::uint64_t address) const
  {
    if (address < hint_->region.begin || address >= hint_->region.end) {
      const Numbered *found = find(address);
      if (!found)
        return std::nullopt;
      hint_ = found;
    }
    const std::uint64_t within = address - hint_->region.begin;
    const std::uint64_t offset = within % block_bytes;
    const std::uint64_t left = hint_->region.end - address;
    return Place{ .block = hint_->first_block + within / block_bytes,
                  .offset = static_cast<std::uint32_t>(offset),
                  .bytes = static_cast<std::uint32_t>(
                      left < block_bytes - offset ? left : block_bytes - offset) };
  }

  /// How far memory goes on without a hole; 0 where nothing is mapped.
  [[nodiscard]] std::uint64_t bytes_from(std::uint64_t address) const;

  struct Block {
    std::uint64_t begin = 0;
    std::uint32_t bytes = 0;
    bool own = false;
  };
  [[nodiscard]] Block block(std::size_t number) const;
  [[nodiscard]] std::size_t blocks() const { return blocks_; }
  /// Bytes of mappings beyond the limit.
  [[nodiscard]] std::uint64_t left_out_bytes() const { return left_out_bytes_; }

private:
  struct Numbered {
    Region region;
    std::size_t first_block = 0;
  };
  [[nodiscard]] const Numbered *find(std::uint64_t address) const;

  std::vector<Numbered> regions_;
  std::size_t blocks_ = 0;
  std::uint64_t left_out_bytes_ = 0;
  Numbered nothing_;
  mutable const Numbered *hint_ = &nothing_;
};

} // namespace linger::python
