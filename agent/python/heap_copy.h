// A copy of another process's memory that holds a bounded part of it at a time.

#pragma once

#include "python/address_space.h"
#include "python/memory.h"

#include <array>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace linger::python {

/// Reads in blocks and keeps at most `limit_bytes` of them; a block that was let go is read again
/// when it is asked for. Not thread-safe.
class HeapCopy {
public:
  /// `source` and `space` outlive it.
  HeapCopy(const Memory &source, const AddressSpace &space, std::size_t limit_bytes);

  /// Whether a page of the block may hold something. A block of which nothing is resident is not
  /// worth a copy.
  using Resident = std::function<bool(const AddressSpace::Block &)>;
  /// Copies what the process alone writes, as far as there is room.
  void copy_ahead(const Resident &resident);

  /// Bytes at `address`, which stay until the next call; empty where they cannot be read. At most
  /// most_view_bytes.
  static constexpr std::size_t most_view_bytes = 4096;
  [[nodiscard]] std::span<const std::byte> view(std::uint64_t address, std::size_t bytes)
  {
    const auto place = space_.locate(address);
    if (!place)
      return {};
    const std::byte *frame = frame_of(place->block);
    if (frame && place->bytes >= bytes) [[likely]]
      return { frame + place->offset, bytes };
    return pieced(address, bytes);
  }

  template <typename T>
  [[nodiscard]] std::optional<T> value(std::uint64_t address)
  {
    static_assert(sizeof(T) <= most_view_bytes);
    const auto bytes = view(address, sizeof(T));
    if (bytes.empty())
      return std::nullopt;
    T value{};
    std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }

  /// The word at `address`; 0 where it cannot be read.
  [[nodiscard]] std::uint64_t word(std::uint64_t address)
  {
    return value<std::uint64_t>(address).value_or(0);
  }

  /// Blocks of the process's own that were read after copy_ahead() although they held something
  /// then: the copy is as old as the last of these.
  [[nodiscard]] std::uint64_t late_blocks() const { return late_blocks_; }
  [[nodiscard]] std::uint64_t read_bytes() const { return read_bytes_; }

private:
  static constexpr std::int32_t absent = -1;
  static constexpr std::int32_t unreadable = -2;
  static constexpr std::int32_t empty = -3; // when the copy was made
  static constexpr std::size_t no_block = ~std::size_t{ 0 };

  [[nodiscard]] const std::byte *frame_of(std::size_t block)
  {
    const std::int32_t frame = frames_[block];
    if (frame >= 0) [[likely]] {
      used_[static_cast<std::size_t>(frame)] = 1;
      return frame_bytes(static_cast<std::size_t>(frame));
    }
    return frame == unreadable ? nullptr : filled(block);
  }
  [[nodiscard]] std::byte *frame_bytes(std::size_t frame) const
  {
    return room_.get() + frame * AddressSpace::block_bytes;
  }
  [[nodiscard]] const std::byte *filled(std::size_t block);
  [[nodiscard]] std::size_t free_frame();
  [[nodiscard]] std::span<const std::byte> pieced(std::uint64_t address, std::size_t bytes);

  struct Unmap {
    std::size_t bytes = 0;
    void operator()(std::byte *room) const;
  };

  const Memory &source_;
  const AddressSpace &space_;
  std::size_t capacity_;
  std::unique_ptr<std::byte, Unmap> room_;
  std::vector<std::int32_t> frames_; // by block
  std::vector<std::size_t> owners_;  // by frame: its block
  std::vector<std::uint8_t> used_;   // by frame: since the hand passed
  std::size_t hand_ = 0;
  std::array<std::byte, most_view_bytes> pieces_{};
  std::uint64_t late_blocks_ = 0;
  std::uint64_t read_bytes_ = 0;
};

} // namespace linger::python
