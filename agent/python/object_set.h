// A set of addresses of objects: one bit for each that there could be.

#pragma once

#include "python/address_space.h"

#include <array>
#include <bit>
#include <memory>
#include <vector>

namespace linger::python {

/// Takes 1/64 of the memory that objects lie in. Objects lie at multiples of 8.
class ObjectSet {
public:
  /// `space` outlives it.
  explicit ObjectSet(const AddressSpace &space) : space_(space), blocks_(space.blocks()) {}

  /// false when it is in there already, or can be no object.
  bool insert(std::uint64_t address)
  {
    const auto place = place_of(address);
    if (!place)
      return false;
    auto &bits = blocks_[place->block];
    if (!bits)
      bits = std::make_unique<Bits>();
    std::uint64_t &word = (*bits)[place->offset / word_bytes];
    const std::uint64_t bit = bit_of(place->offset);
    const bool added = (word & bit) == 0;
    word |= bit;
    size_ += added ? 1 : 0;
    return added;
  }

  [[nodiscard]] bool contains(std::uint64_t address) const
  {
    const auto place = place_of(address);
    return place && blocks_[place->block] &&
           ((*blocks_[place->block])[place->offset / word_bytes] & bit_of(place->offset)) != 0;
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// Calls `visit` with each address, ascending. Not to be changed meanwhile.
  template <typename Visit>
  void for_each(Visit visit) const
  {
    for (std::size_t block = 0; block < blocks_.size(); ++block) {
      if (!blocks_[block])
        continue;
      const std::uint64_t begin = space_.block(block).begin;
      for (std::size_t word = 0; word < blocks_[block]->size(); ++word) {
        for (std::uint64_t left = (*blocks_[block])[word]; left != 0; left &= left - 1)
          visit(begin + word * word_bytes +
                static_cast<std::uint64_t>(std::countr_zero(left)) * granule);
      }
    }
  }

private:
  static constexpr std::uint64_t granule = 8;
  static constexpr std::uint64_t word_bytes = granule * 64;
  using Bits = std::array<std::uint64_t, AddressSpace::block_bytes / word_bytes>;

  [[nodiscard]] std::optional<AddressSpace::Place> place_of(std::uint64_t address) const
  {
    return address % granule == 0 ? space_.locate(address) : std::nullopt;
  }
  [[nodiscard]] static std::uint64_t bit_of(std::uint32_t offset)
  {
    return std::uint64_t{ 1 } << (offset / granule % 64);
  }

  const AddressSpace &space_;
  std::vector<std::unique_ptr<Bits>> blocks_;
  std::uint64_t size_ = 0;
};

} // namespace linger::python
