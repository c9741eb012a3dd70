#include "discover/container.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace linger::discover {
namespace {

constexpr std::size_t id_digits = 64;
constexpr std::size_t shown_digits = 12;
constexpr std::size_t uuid_length = 36;
constexpr std::size_t hash_length = 32;

constexpr bool is_hex(char c)
{
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool all_hex(std::string_view text)
{
  return std::ranges::all_of(text, is_hex);
}

struct NamedContainer {
  std::string_view id;
  /// What stands before the id: "docker-", "kubepods-...slice:cri-containerd:".
  std::string_view prefix;
};

/// The id in one component of a group's path: bare, "docker-ID.scope", "cri-containerd-ID.scope",
/// "crio-ID", "libpod-ID.scope", "kubepods-...slice:cri-containerd:ID".
NamedContainer container_named(std::string_view component)
{
  if (component.ends_with(".scope"))
    component.remove_suffix(std::string_view(".scope").size());
  if (component.size() < id_digits)
    return {};
  const std::string_view id = component.substr(component.size() - id_digits);
  const std::string_view prefix = component.substr(0, component.size() - id_digits);
  const bool is_whole = prefix.empty() || prefix.ends_with('-') || prefix.ends_with(':');
  return all_hex(id) && is_whole ? NamedContainer{ id, prefix } : NamedContainer{};
}

/// `parent` is the name of the group above.
std::string_view runtime_of(std::string_view prefix, std::string_view parent)
{
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> runtimes{ {
      { "docker", "docker" },
      { "cri-containerd", "containerd" },
      { "nerdctl", "containerd" },
      { "crio", "cri-o" },
      { "libpod", "podman" },
  } };
  if (prefix.empty())
    return parent == "docker" ? "docker" : std::string_view{};
  prefix.remove_suffix(1);
  prefix = prefix.substr(prefix.rfind(':') + 1);
  const auto *const runtime =
      std::ranges::find(runtimes, prefix, &decltype(runtimes)::value_type::first);
  return runtime == runtimes.end() ? std::string_view{} : runtime->second;
}

/// "1b9d-..." of "pod1b9d-..." and of "kubepods-burstable-pod1b9d_....slice", and of either before
/// a colon.
std::string pod_uid_in(std::string_view component)
{
  component = component.substr(0, component.find(':'));
  const bool is_slice = component.ends_with(".slice");
  if (is_slice)
    component.remove_suffix(std::string_view(".slice").size());
  const std::size_t pod = component.rfind("pod");
  if (pod == component.npos || (pod > 0 && component[pod - 1] != '-'))
    return {};
  std::string uid{ component.substr(pod + 3) };
  if (is_slice) // where a dash would mean another level
    std::ranges::replace(uid, '_', '-');
  return is_pod_uid(uid) ? uid : std::string{};
}

/// Takes the last component off "/a/b".
std::string_view last_component(std::string_view &path)
{
  const std::size_t slash = path.rfind('/');
  const std::string_view component = slash == path.npos ? path : path.substr(slash + 1);
  path = slash == path.npos ? std::string_view{} : path.substr(0, slash);
  return component;
}

domain::Container container_at(std::string_view path)
{
  while (!path.empty()) {
    const std::string_view component = last_component(path);
    const NamedContainer named = container_named(component);
    if (named.id.empty())
      continue;
    domain::Container container;
    container.id = named.id.substr(0, shown_digits);
    container.runtime = runtime_of(named.prefix, path.substr(path.rfind('/') + 1));
    container.pod_uid = pod_uid_in(component);
    while (container.pod_uid.empty() && !path.empty())
      container.pod_uid = pod_uid_in(last_component(path));
    return container;
  }
  return {};
}

} // namespace

bool is_pod_uid(std::string_view text)
{
  if (text.size() == hash_length)
    return all_hex(text);
  if (text.size() != uuid_length)
    return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-' : !is_hex(text[i]))
      return false;
  }
  return true;
}

domain::Container container_in(std::string_view cgroup)
{
  // One line a hierarchy, "4:memory:/docker/ID".
  while (!cgroup.empty()) {
    const std::size_t line_end = std::min(cgroup.find('\n'), cgroup.size());
    const std::string_view line = cgroup.substr(0, line_end);
    cgroup.remove_prefix(std::min(line_end + 1, cgroup.size()));
    const std::size_t slash = line.find('/');
    if (slash == line.npos)
      continue;
    if (domain::Container container = container_at(line.substr(slash)); !container.id.empty())
      return container;
  }
  return {};
}

} // namespace linger::discover
