#include "discover/memory_limit.h"

#include "discover/proc_files.h"

#include <algorithm>
#include <string>
#include <utility>

namespace linger::discover {
namespace {

namespace fs = std::filesystem;

/// Version 1 says 2^63 less a page where there is no limit.
constexpr std::uint64_t least_without_limit = 1ULL << 62U;

std::optional<std::uint64_t> number_at(const fs::path &file)
{
  const std::string text = read_text(file).value_or("");
  return number_in<std::uint64_t>(std::string_view(text).substr(0, text.find('\n')));
}

std::optional<domain::MemoryLimit> limit_at(const fs::path &directory, bool unified)
{
  const auto limit = limit_in_memory_max(
      read_text(directory / (unified ? "memory.max" : "memory.limit_in_bytes")).value_or(""));
  const auto current =
      number_at(directory / (unified ? "memory.current" : "memory.usage_in_bytes"));
  if (!limit || !current)
    return std::nullopt;
  const std::uint64_t inactive =
      inactive_file_bytes_in(read_text(directory / "memory.stat").value_or(""));
  return domain::MemoryLimit{ .group = {},
                              .limit_bytes = *limit,
                              .used_bytes = *current - std::min(inactive, *current) };
}

/// Negative when the group is over its limit, as it may be for a moment.
std::int64_t room_of(const domain::MemoryLimit &limit)
{
  return static_cast<std::int64_t>(limit.limit_bytes) - static_cast<std::int64_t>(limit.used_bytes);
}

} // namespace

std::optional<std::uint64_t> limit_in_memory_max(std::string_view text)
{
  const auto limit = number_in<std::uint64_t>(text.substr(0, text.find('\n')));
  return limit && *limit < least_without_limit ? limit : std::nullopt;
}

std::uint64_t inactive_file_bytes_in(std::string_view stat)
{
  std::uint64_t own = 0;
  while (!stat.empty()) {
    const std::size_t end = std::min(stat.find('\n'), stat.size());
    const auto words = words_of(stat.substr(0, end));
    stat.remove_prefix(std::min(end + 1, stat.size()));
    if (words.size() != 2)
      continue;
    const auto value = number_in<std::uint64_t>(words[1]);
    // Version 1 counts the group alone in this line, and all below it in another.
    if (value && words[0] == "total_inactive_file")
      return *value;
    if (value && words[0] == "inactive_file")
      own = *value;
  }
  return own;
}

std::optional<domain::MemoryLimit> MemoryLimits::of(std::uint32_t tgid, domain::MonotonicTime now)
{
  if (!mounts_) {
    const auto mountinfo = read_text(proc_ / "self" / "mountinfo");
    if (!mountinfo)
      return std::nullopt;
    mounts_ = cgroup_mounts_in(*mountinfo);
  }
  if (now - known_since_ >= max_age) {
    known_.clear();
    known_since_ = now;
  }
  const CgroupPaths paths =
      cgroup_paths_in(read_text(directory_of(proc_, tgid) / "cgroup").value_or(""));
  const bool unified = !(mounts_->memory && paths.memory);
  const auto &mount = unified ? mounts_->unified : mounts_->memory;
  const auto &group = unified ? paths.unified : paths.memory;
  if (!mount || !group)
    return std::nullopt;
  auto limit = known_.find(*group);
  if (limit == known_.end())
    limit = known_.emplace(*group, read(*mount, *group, unified)).first;
  return limit->second;
}

std::optional<domain::MemoryLimit> MemoryLimits::read(const CgroupMount &mount,
                                                      const std::string &group, bool unified)
{
  const auto directory = find_group(mount, group);
  if (!directory)
    return std::nullopt;
  std::optional<domain::MemoryLimit> tightest;
  fs::path name = group;
  for (fs::path at = *directory;; at = at.parent_path(), name = name.parent_path()) {
    auto limit = limit_at(at, unified);
    if (limit && (!tightest || room_of(*limit) < room_of(*tightest))) {
      limit->group = name.string();
      tightest = std::move(limit);
    }
    if (at == mount.point || !at.has_relative_path())
      return tightest;
  }
}

} // namespace linger::discover
