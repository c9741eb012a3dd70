#include "discover/cpu_limit.h"

#include "discover/proc_files.h"

#include <array>
#include <chrono>
#include <map>
#include <string>
#include <utility>

namespace linger::discover {
namespace {

namespace fs = std::filesystem;

using Sample = domain::CpuLimitSample;

/// 73 years: sums and differences stay in 64 bits.
constexpr std::uint64_t most_ns = 1ULL << 61U;
constexpr std::uint64_t ns_per_us = 1000;

std::optional<domain::Nanos> time_in(std::optional<std::uint64_t> number, std::uint64_t unit_ns)
{
  if (!number || *number > most_ns / unit_ns)
    return std::nullopt;
  return domain::Nanos{ static_cast<std::int64_t>(*number * unit_ns) };
}

std::string_view first_word(std::string_view text)
{
  const auto words = words_of(text.substr(0, text.find('\n')));
  return words.empty() ? std::string_view{} : words.front();
}

std::optional<CpuQuota> quota_of(std::string_view quota_us, std::string_view period_us)
{
  const auto quota = time_in(number_in<std::uint64_t>(quota_us), ns_per_us);
  const auto period = time_in(number_in<std::uint64_t>(period_us), ns_per_us);
  if (!quota || !period || *period == domain::Nanos::zero())
    return std::nullopt;
  return CpuQuota{ *quota, *period };
}

/// CPUs that the limit lets run.
double cpus_of(const Sample &limit)
{
  return static_cast<double>(limit.quota.count()) / static_cast<double>(limit.period.count());
}

std::optional<CpuQuota> quota_at(const fs::path &directory, bool unified)
{
  if (unified)
    return quota_in_cpu_max(read_text(directory / "cpu.max").value_or(""));
  return quota_in_cfs(read_text(directory / "cpu.cfs_quota_us").value_or(""),
                      read_text(directory / "cpu.cfs_period_us").value_or(""));
}

/// The group's own limit. The root of a hierarchy has no such files.
std::optional<Sample> limit_at(const fs::path &directory, bool unified)
{
  const auto quota = quota_at(directory, unified);
  if (!quota)
    return std::nullopt;
  const auto counts = throttling_in(read_text(directory / "cpu.stat").value_or(""));
  if (!counts)
    return std::nullopt;
  return Sample{ .time = {},
                 .group = {},
                 .quota = quota->quota,
                 .period = quota->period,
                 .periods = counts->periods,
                 .throttled_periods = counts->throttled_periods,
                 .throttled = counts->throttled };
}

/// The tightest limit of a group and those above it.
std::optional<Sample> tightest_limit(const CgroupMount &mount, const std::string &group,
                                     const fs::path &directory, bool unified)
{
  std::optional<Sample> tightest;
  fs::path name = group;
  for (fs::path at = directory;; at = at.parent_path(), name = name.parent_path()) {
    auto limit = limit_at(at, unified);
    if (limit && (!tightest || cpus_of(*limit) < cpus_of(*tightest))) {
      limit->group = name.string();
      tightest = std::move(limit);
    }
    if (at == mount.point || !at.has_relative_path())
      return tightest;
  }
}

} // namespace

std::optional<CpuQuota> quota_in_cpu_max(std::string_view text)
{
  const auto words = words_of(text.substr(0, text.find('\n')));
  return words.size() == 2 ? quota_of(words[0], words[1]) : std::nullopt;
}

std::optional<CpuQuota> quota_in_cfs(std::string_view quota_us, std::string_view period_us)
{
  return quota_of(first_word(quota_us), first_word(period_us));
}

std::optional<Throttling> throttling_in(std::string_view stat)
{
  std::map<std::string_view, std::uint64_t> values;
  while (!stat.empty()) {
    const std::size_t end = std::min(stat.find('\n'), stat.size());
    const auto words = words_of(stat.substr(0, end));
    if (words.size() == 2) {
      if (const auto value = number_in<std::uint64_t>(words[1]))
        values[words[0]] = *value;
    }
    stat.remove_prefix(std::min(end + 1, stat.size()));
  }
  const auto value_of = [&](std::string_view name) -> std::optional<std::uint64_t> {
    const auto value = values.find(name);
    return value == values.end() ? std::nullopt : std::optional(value->second);
  };
  const auto periods = value_of("nr_periods"), throttled_periods = value_of("nr_throttled");
  auto throttled = time_in(value_of("throttled_time"), 1); // version 1
  if (!throttled)
    throttled = time_in(value_of("throttled_usec"), ns_per_us);
  if (!periods || !throttled_periods || !throttled)
    return std::nullopt;
  return Throttling{ *periods, *throttled_periods, *throttled };
}

Result<std::vector<Sample>> CpuLimits::read(const std::vector<std::uint32_t> &tgids)
{
  if (!mounts_) {
    const auto mountinfo = read_text(proc_ / "self" / "mountinfo");
    if (!mountinfo)
      return tl::unexpected(mountinfo.error());
    mounts_ = cgroup_mounts_in(*mountinfo);
  }
  std::map<std::string, std::optional<Sample>> known; // by group: workers share theirs
  std::vector<Sample> samples;
  for (const std::uint32_t tgid : tgids) {
    const auto text = read_text(directory_of(proc_, tgid) / "cgroup");
    if (!text && text.error().kind != Error::Kind::not_found)
      return tl::unexpected(text.error());
    const CgroupPaths paths = cgroup_paths_in(text.value_or(""));
    const bool unified = !(mounts_->cpu && paths.cpu);
    const auto &mount = unified ? mounts_->unified : mounts_->cpu;
    const auto &group = unified ? paths.unified : paths.cpu;
    if (!mount || !group)
      continue;
    auto limit = known.find(*group);
    if (limit == known.end()) {
      const auto directory = find_group(*mount, *group);
      if (!directory)
        return failure(Error::Kind::not_supported,
                       "the control group " + *group + " is not to be seen from here");
      limit = known.emplace(*group, tightest_limit(*mount, *group, *directory, unified)).first;
    }
    if (!limit->second)
      continue;
    samples.push_back(*limit->second);
    samples.back().tgid = tgid;
  }
  return samples;
}

} // namespace linger::discover
