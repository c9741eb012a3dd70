#include "python/resident_pages.h"

#include <algorithm>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace linger::python {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::size_t window_pages = 8192;
// Documentation/admin-guide/mm/pagemap.rst
constexpr std::uint64_t present_bit = std::uint64_t{ 1 } << 63U;
constexpr std::uint64_t swapped_bit = std::uint64_t{ 1 } << 62U;

} // namespace

ResidentPages::ResidentPages(const std::filesystem::path &proc, std::uint32_t tgid)
    : file_(::open((proc / std::to_string(tgid) / "pagemap").c_str(), O_RDONLY | O_CLOEXEC))
{
}

bool ResidentPages::any(const AddressSpace::Block &block)
{
  for (std::uint64_t at = block.begin; at < block.begin + block.bytes; at += page_bytes) {
    if ((entry(at / page_bytes) & (present_bit | swapped_bit)) != 0)
      return true;
  }
  return false;
}

bool ResidentPages::present(std::uint64_t address, std::uint64_t end_address)
{
  return (entry(address / page_bytes, end_address / page_bytes) & present_bit) != 0;
}

std::uint64_t ResidentPages::entry(std::uint64_t number, std::uint64_t end_number)
{
  if (!file_)
    return present_bit;
  if (number < first_page_ || number >= first_page_ + window_.size()) {
    window_.resize(std::min<std::uint64_t>(window_pages, end_number - number));
    const ssize_t count =
        ::pread(file_.get(), window_.data(), window_.size() * sizeof(std::uint64_t),
                static_cast<off_t>(number * sizeof(std::uint64_t)));
    window_.resize(count > 0 ? static_cast<std::size_t>(count) / sizeof(std::uint64_t) : 0);
    first_page_ = number;
    if (window_.empty())
      return present_bit;
  }
  return window_[number - first_page_];
}

} // namespace linger::python
