#include "discover/proportional_shares.h"

#include "discover/proc_files.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace linger::discover {
namespace {

using namespace std::chrono_literals;

constexpr auto between_looks = 1s;
constexpr auto forgotten = 600s;
/// Who begins to watch a process maps its interpreter's file to read it, and has a share of its
/// pages meanwhile.
constexpr auto settled = 3s;

/// How long a share counts: it changes slowly, and all others have to have their turn in between.
domain::Nanos kept(std::size_t processes)
{
  return std::max<domain::Nanos>(30s, 2 * between_looks * static_cast<int>(processes));
}

} // namespace

std::optional<std::uint64_t> proportional_bytes_in(std::string_view smaps_rollup)
{
  constexpr std::string_view name = "\nPss:";
  const std::size_t begin = smaps_rollup.find(name);
  if (begin == smaps_rollup.npos)
    return std::nullopt;
  const std::string_view rest = smaps_rollup.substr(begin + name.size());
  const auto words = words_of(rest.substr(0, rest.find('\n')));
  if (words.size() != 2 || words[1] != "kB")
    return std::nullopt;
  const auto kibibytes = number_in<std::uint64_t>(words[0]);
  if (!kibibytes || *kibibytes > std::numeric_limits<std::uint64_t>::max() / 1024)
    return std::nullopt;
  return *kibibytes * 1024;
}

std::uint64_t ProportionalShares::of(std::uint32_t tgid, domain::MonotonicTime now)
{
  const auto [share, is_new] = shares_.try_emplace(tgid);
  if (is_new)
    share->second.begun = now;
  share->second.asked = now;
  const std::optional<domain::MonotonicTime> seen = share->second.seen;
  const bool is_due = !seen || now - *seen >= kept(shares_.size());
  const std::uint64_t known = share->second.bytes;
  if (!is_due || now - share->second.begun < settled || (looked_ && now - *looked_ < between_looks))
    return known;
  looked_ = now;
  share->second.seen = now;
  const auto text = read_text(directory_of(proc_, tgid) / "smaps_rollup");
  share->second.bytes = text ? proportional_bytes_in(*text).value_or(0) : 0;
  const std::uint64_t bytes = share->second.bytes;
  forget_old(now);
  return bytes;
}

void ProportionalShares::forget_old(domain::MonotonicTime now)
{
  std::erase_if(shares_, [now](const auto &share) { return now - share.second.asked > forgotten; });
}

} // namespace linger::discover
