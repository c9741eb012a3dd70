#include "discover/pod.h"

#include "discover/container.h"
#include "discover/proc_files.h"

#include <algorithm>
#include <fmt/format.h>
#include <system_error>

namespace linger::discover {
namespace {

namespace fs = std::filesystem;

/// A node has some hundred pods at most; who fills the directory with others must not hold us up.
constexpr std::size_t most_entries = 10'000;
constexpr std::size_t most_label_length = 63;
constexpr std::size_t most_name_length = 253;

bool is_name(std::string_view text, std::size_t most_length, bool dots)
{
  return !text.empty() && text.size() <= most_length && std::ranges::all_of(text, [dots](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || (dots && c == '.');
  });
}

/// Kubernetes' random names have no vowels, so that they spell nothing, nor what looks like one.
bool is_random(std::string_view text)
{
  constexpr std::string_view letters = "bcdfghjklmnpqrstvwxz2456789";
  return !text.empty() && text.find_first_not_of(letters) == text.npos;
}

/// What follows the last dash, which goes with it.
std::string_view take_suffix(std::string_view &name)
{
  const std::size_t dash = name.rfind('-');
  if (dash == name.npos || dash == 0)
    return {};
  const std::string_view suffix = name.substr(dash + 1);
  name = name.substr(0, dash);
  return suffix;
}

} // namespace

std::optional<PodLogs> pod_logs_named(std::string_view directory)
{
  const std::size_t first = directory.find('_');
  const std::size_t second = first == directory.npos ? first : directory.find('_', first + 1);
  if (second == directory.npos)
    return std::nullopt;
  const std::string_view pod_namespace = directory.substr(0, first);
  const std::string_view pod = directory.substr(first + 1, second - first - 1);
  const std::string_view uid = directory.substr(second + 1);
  if (!is_name(pod_namespace, most_label_length, false) || !is_name(pod, most_name_length, true) ||
      !is_pod_uid(uid))
    return std::nullopt;
  return PodLogs{ std::string(pod_namespace), std::string(pod), std::string(uid) };
}

std::string container_name_in(std::string_view mountinfo, std::string_view pod_uid)
{
  constexpr std::size_t root = 3;
  if (!is_pod_uid(pod_uid))
    return {};
  const std::string above = fmt::format("/pods/{}/containers/", pod_uid);
  while (!mountinfo.empty()) {
    const std::size_t end = std::min(mountinfo.find('\n'), mountinfo.size());
    const auto words = words_of(mountinfo.substr(0, end));
    mountinfo.remove_prefix(std::min(end + 1, mountinfo.size()));
    if (words.size() <= root)
      continue;
    const std::string_view path = words[root];
    const std::size_t found = path.find(above);
    if (found == path.npos)
      continue;
    const std::string_view below = path.substr(found + above.size());
    const std::string_view name = below.substr(0, below.find('/'));
    if (name.size() < below.size() && is_name(name, most_label_length, false))
      return std::string(name);
  }
  return {};
}

std::string workload_of(std::string_view pod)
{
  constexpr std::size_t pod_suffix = 5, least_template_hash = 6, most_template_hash = 10;
  std::string_view name = pod;
  const std::string_view suffix = take_suffix(name);
  if (suffix.empty())
    return std::string(pod);
  if (std::ranges::all_of(suffix, [](char c) { return c >= '0' && c <= '9'; }) &&
      suffix.size() < pod_suffix)
    return std::string(name);
  if (suffix.size() != pod_suffix || !is_random(suffix))
    return std::string(pod);
  std::string_view deployment = name;
  const std::string_view hash = take_suffix(deployment);
  const bool is_hash = hash.size() >= least_template_hash && hash.size() <= most_template_hash;
  return std::string(is_hash && is_random(hash) ? deployment : name);
}

void NodePods::read()
{
  by_uid_.emplace();
  std::error_code error;
  fs::directory_iterator entry(logs_, error);
  std::size_t entries = 0;
  for (; !error && entry != fs::directory_iterator() && entries < most_entries;
       entry.increment(error), ++entries)
    if (auto pod = pod_logs_named(entry->path().filename().string()))
      by_uid_->insert_or_assign(pod->uid, *pod);
  if (error)
    failure_ = error.message();
}

std::string NodePods::only_container_in(const PodLogs &pod) const
{
  std::error_code error;
  fs::directory_iterator entry(logs_ / fmt::format("{}_{}_{}", pod.pod_namespace, pod.pod, pod.uid),
                               error);
  if (error || entry == fs::directory_iterator())
    return {};
  std::string name = entry->path().filename().string();
  entry.increment(error);
  const bool only = !error && entry == fs::directory_iterator();
  return only && is_name(name, most_label_length, false) ? name : std::string{};
}

std::optional<std::string> NodePods::describe(const fs::path &proc, std::uint32_t tgid,
                                              domain::Container &container)
{
  if (container.pod_uid.empty())
    return std::nullopt;
  if (!by_uid_)
    read();
  container.name = container_name_in(read_text(directory_of(proc, tgid) / "mountinfo").value_or(""),
                                     container.pod_uid);
  const auto pod = by_uid_->find(container.pod_uid);
  if (pod == by_uid_->end())
    return fmt::format("nothing names its pod {}: {} ([kubernetes] pod_logs)", container.pod_uid,
                       failure_.empty() ? fmt::format("{} has no directory of it", logs_.string())
                                        : fmt::format("list {}: {}", logs_.string(), failure_));
  container.pod_namespace = pod->second.pod_namespace;
  container.pod = pod->second.pod;
  container.workload = workload_of(container.pod);
  if (container.name.empty())
    container.name = only_container_in(pod->second);
  return std::nullopt;
}

} // namespace linger::discover
