#include "discover/container.h"

#include <algorithm>

namespace linger::discover {
namespace {

constexpr std::size_t id_digits = 64;
constexpr std::size_t shown_digits = 12;

/// The id in one component of a group's path: bare, "docker-ID.scope", "cri-containerd-ID.scope",
/// "crio-ID", "libpod-ID.scope", "kubepods-...slice:cri-containerd:ID".
std::string_view id_in(std::string_view component)
{
  if (component.ends_with(".scope"))
    component.remove_suffix(std::string_view(".scope").size());
  if (component.size() < id_digits)
    return {};
  const std::string_view id = component.substr(component.size() - id_digits);
  const std::string_view prefix = component.substr(0, component.size() - id_digits);
  const bool is_hex = std::ranges::all_of(
      id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  const bool is_whole = prefix.empty() || prefix.ends_with('-') || prefix.ends_with(':');
  return is_hex && is_whole ? id : std::string_view{};
}

} // namespace

std::string container_in(std::string_view cgroup)
{
  // One line a hierarchy, "4:memory:/docker/ID". Within a path the innermost container wins.
  while (!cgroup.empty()) {
    const std::size_t line_end = std::min(cgroup.find('\n'), cgroup.size());
    std::string_view line = cgroup.substr(0, line_end);
    cgroup.remove_prefix(std::min(line_end + 1, cgroup.size()));
    for (std::size_t slash = line.rfind('/'); slash != std::string_view::npos;
         slash = line.rfind('/')) {
      if (const auto id = id_in(line.substr(slash + 1)); !id.empty())
        return std::string(id.substr(0, shown_digits));
      line = line.substr(0, slash);
    }
  }
  return {};
}

} // namespace linger::discover
