#include "python/address_space.h"

#include <algorithm>
#include <charconv>

namespace linger::python {
namespace {

std::optional<std::uint64_t> hexadecimal(std::string_view text)
{
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

/// Whether nothing, or a name of somebody's choice, stands where the path would.
bool is_anonymous(std::string_view line)
{
  for (int field = 0; field < 5 && !line.empty(); ++field) {
    line.remove_prefix(std::min(line.find(' '), line.size()));
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  }
  return line.empty() || line.starts_with("[anon:");
}

/// "begin-end rwxp offset device inode path"
std::optional<Region> region_in(std::string_view line)
{
  const std::size_t dash = line.find('-');
  const std::size_t blank = line.find(' ');
  if (dash == std::string_view::npos || blank == std::string_view::npos || dash > blank ||
      line.size() < blank + 5)
    return std::nullopt;
  const auto begin = hexadecimal(line.substr(0, dash));
  const auto end = hexadecimal(line.substr(dash + 1, blank - dash - 1));
  const std::string_view mode = line.substr(blank + 1, 4);
  const bool kernels = line.find("[v") != std::string_view::npos; // vvar, vdso, vsyscall
  if (!begin || !end || *begin >= *end || mode[0] != 'r' || kernels)
    return std::nullopt;
  return Region{ .begin = *begin,
                 .end = *end,
                 .own = mode[1] == 'w' && mode[3] == 'p',
                 .anonymous = is_anonymous(line) };
}

} // namespace

std::vector<Region> regions_in(std::string_view maps)
{
  std::vector<Region> regions;
  while (!maps.empty()) {
    const std::size_t end = std::min(maps.find('\n'), maps.size());
    const auto region = region_in(maps.substr(0, end));
    if (region && (regions.empty() || regions.back().end <= region->begin))
      regions.push_back(*region);
    maps.remove_prefix(std::min(end + 1, maps.size()));
  }
  return regions;
}

AddressSpace::AddressSpace(const std::vector<Region> &regions)
{
  regions_.reserve(regions.size());
  for (const Region &region : regions) {
    const std::uint64_t count = (region.end - region.begin + block_bytes - 1) / block_bytes;
    if (count > most_blocks - blocks_) {
      left_out_bytes_ += region.end - region.begin;
      continue;
    }
    regions_.push_back({ .region = region, .first_block = blocks_ });
    blocks_ += count;
  }
}

const AddressSpace::Numbered *AddressSpace::find(std::uint64_t address) const
{
  const auto after = std::ranges::upper_bound(regions_, address, {},
                                              [](const Numbered &n) { return n.region.begin; });
  if (after == regions_.begin())
    return nullptr;
  const Numbered &found = *std::prev(after);
  return address < found.region.end ? &found : nullptr;
}

std::uint64_t AddressSpace::bytes_from(std::uint64_t address) const
{
  const Numbered *last = find(address);
  if (!last)
    return 0;
  for (const Numbered *next = last + 1;
       next != regions_.data() + regions_.size() && next->region.begin == last->region.end; ++next)
    last = next;
  return last->region.end - address;
}

AddressSpace::Block AddressSpace::block(std::size_t number) const
{
  const auto after = std::ranges::upper_bound(regions_, number, {}, &Numbered::first_block);
  const Numbered &found = *std::prev(after);
  const std::uint64_t begin = found.region.begin + (number - found.first_block) * block_bytes;
  return { .begin = begin,
           .bytes = static_cast<std::uint32_t>(std::min(block_bytes, found.region.end - begin)),
           .own = found.region.own };
}

} // namespace linger::python
