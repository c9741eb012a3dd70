#include "python/resident_pages.h"

#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace linger::python {
namespace {

constexpr std::uint64_t page_bytes = 4096;
constexpr std::size_t window_pages = 8192;
constexpr std::uint64_t present_or_swapped = std::uint64_t{ 3 } << 62U;

} // namespace

ResidentPages::ResidentPages(const std::filesystem::path &proc, std::uint32_t tgid)
    : file_(::open((proc / std::to_string(tgid) / "pagemap").c_str(), O_RDONLY | O_CLOEXEC))
{
}

bool ResidentPages::any(const AddressSpace::Block &block)
{
  for (std::uint64_t at = block.begin; at < block.begin + block.bytes; at += page_bytes) {
    if (page(at / page_bytes))
      return true;
  }
  return false;
}

bool ResidentPages::page(std::uint64_t number)
{
  if (!file_)
    return true;
  if (number < first_page_ || number >= first_page_ + window_.size()) {
    window_.resize(window_pages);
    const ssize_t count = ::pread(file_.get(), window_.data(), window_pages * sizeof(std::uint64_t),
                                  static_cast<off_t>(number * sizeof(std::uint64_t)));
    window_.resize(count > 0 ? static_cast<std::size_t>(count) / sizeof(std::uint64_t) : 0);
    first_page_ = number;
    if (window_.empty())
      return true;
  }
  return (window_[number - first_page_] & present_or_swapped) != 0;
}

} // namespace linger::python
