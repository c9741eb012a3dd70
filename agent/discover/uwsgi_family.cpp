#include "discover/uwsgi_family.h"

#include <algorithm>
#include <unordered_map>

namespace linger::discover {
namespace {

bool is_fork_of(const UwsgiProcess &child, const UwsgiProcess &parent)
{
  const bool has_same_executable = child.executable.empty() || parent.executable.empty() ||
                                   child.executable == parent.executable;
  // A new process has its master's title until it sets its own.
  if (child.title)
    return has_same_executable &&
           (child.title != UwsgiRole::master || parent.title == UwsgiRole::master);
  return has_same_executable && !parent.title && child.argv == parent.argv;
}

bool serves(const UwsgiProcess &process, const std::set<std::uint64_t> &router_inodes)
{
  if (process.title && process.title != UwsgiRole::master)
    return process.title == UwsgiRole::worker;
  return !process.listening || std::ranges::any_of(*process.listening, [&](std::uint64_t inode) {
    return !router_inodes.contains(inode);
  });
}

} // namespace

std::optional<UwsgiRole> decode_uwsgi_title(std::string_view title)
{
  constexpr std::string_view mark = "uWSGI ";
  const std::size_t begin = title.find(mark);
  if (begin == std::string_view::npos)
    return std::nullopt;
  const std::string_view role = title.substr(begin + mark.size());
  if (role.starts_with("master"))
    return UwsgiRole::master;
  return role.starts_with("worker ") ? UwsgiRole::worker : UwsgiRole::other;
}

std::vector<UwsgiFamily> uwsgi_families_of(std::span<const UwsgiProcess> processes)
{
  std::unordered_map<std::uint32_t, const UwsgiProcess *> by_tgid;
  for (const UwsgiProcess &process : processes)
    by_tgid.emplace(process.stat.tgid, &process);
  const auto parent_of = [&](const UwsgiProcess &process) -> const UwsgiProcess * {
    const auto parent = by_tgid.find(process.stat.parent_tgid);
    const bool belongs = parent != by_tgid.end() && is_fork_of(process, *parent->second);
    return belongs ? parent->second : nullptr;
  };

  std::vector<UwsgiFamily> families;
  std::unordered_map<const UwsgiProcess *, std::size_t> by_root;
  for (const UwsgiProcess &process : processes)
    if (parent_of(process) == nullptr) {
      by_root.emplace(&process, families.size());
      families.push_back({ .root = &process, .children = {} });
    }
  // What a worker forks is a subprocess of a request.
  for (const UwsgiProcess &process : processes)
    if (const auto family = by_root.find(parent_of(process)); family != by_root.end())
      families[family->second].children.push_back(&process);
  return families;
}

std::vector<const UwsgiProcess *> uwsgi_workers_of(const UwsgiFamily &family,
                                                   const std::set<std::uint64_t> &router_inodes,
                                                   std::optional<bool> has_master)
{
  std::vector<const UwsgiProcess *> workers;
  const UwsgiProcess &root = *family.root;
  const bool is_master =
      root.title ? root.title == UwsgiRole::master : has_master.value_or(!family.children.empty());
  if (!is_master && serves(root, router_inodes))
    workers.push_back(&root);
  for (const UwsgiProcess *child : family.children)
    if (serves(*child, router_inodes))
      workers.push_back(child);
  return workers;
}

} // namespace linger::discover
