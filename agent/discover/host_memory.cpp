#include "discover/host_memory.h"

#include "discover/proc_files.h"

#include <algorithm>

namespace linger::discover {

std::optional<std::uint64_t> available_bytes_in(std::string_view meminfo)
{
  constexpr std::uint64_t most_kib = 1ULL << 50U; // keeps nonsense from overflowing
  while (!meminfo.empty()) {
    const std::string_view line = meminfo.substr(0, meminfo.find('\n'));
    meminfo.remove_prefix(std::min(meminfo.size(), line.size() + 1));
    const auto words = words_of(line);
    if (words.size() < 3 || words[0] != "MemAvailable:" || words[2] != "kB")
      continue;
    const auto kib = number_in<std::uint64_t>(words[1]);
    if (kib && *kib <= most_kib)
      return *kib * 1024;
    return std::nullopt;
  }
  return std::nullopt;
}

Result<std::uint64_t> read_available_bytes(const std::filesystem::path &proc)
{
  const auto text = read_text(proc / "meminfo", 16384);
  if (!text)
    return tl::unexpected(text.error());
  const auto available = available_bytes_in(*text);
  if (!available)
    return failure(Error::Kind::malformed,
                   (proc / "meminfo").string() + " does not say how much memory is available");
  return *available;
}

} // namespace linger::discover
