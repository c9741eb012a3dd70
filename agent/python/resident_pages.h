// Which pages of a process hold something.

#pragma once

#include "base/unique_fd.h"
#include "python/address_space.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace linger::python {

/// Reads /proc/TGID/pagemap. A page that was never touched is zero: a thread's stack is mostly
/// that. Where the file cannot be read every page counts. Not thread-safe.
class ResidentPages {
public:
  ResidentPages(const std::filesystem::path &proc, std::uint32_t tgid);

  /// Whether a page of the block is in memory or in swap.
  [[nodiscard]] bool any(const AddressSpace::Block &block);

  /// Whether the page at this address is in memory, so that reading it fetches nothing from swap.
  /// Nothing from `end_address` on will be asked for next.
  [[nodiscard]] bool present(std::uint64_t address, std::uint64_t end_address);

private:
  static constexpr std::uint64_t no_end = ~std::uint64_t{ 0 };
  /// 0 for a page that was never touched.
  [[nodiscard]] std::uint64_t entry(std::uint64_t number, std::uint64_t end_number = no_end);

  UniqueFd file_;
  std::vector<std::uint64_t> window_; // entries from first_page_ on
  std::uint64_t first_page_ = 0;
};

} // namespace linger::python
