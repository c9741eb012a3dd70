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

private:
  [[nodiscard]] bool page(std::uint64_t number);

  UniqueFd file_;
  std::vector<std::uint64_t> window_; // entries from first_page_ on
  std::uint64_t first_page_ = 0;
};

} // namespace linger::python
