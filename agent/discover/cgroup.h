// Control groups: where they are mounted, and which one a process is in.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace linger::discover {

/// A hierarchy as some mount shows it: the group `root` at the directory `point`.
struct CgroupMount {
  std::string root;
  std::filesystem::path point;
};

/// The hierarchies that can limit CPU time and memory.
struct CgroupMounts {
  /// Version 1, with its controller "cpu".
  std::optional<CgroupMount> cpu;
  /// Version 1, with its controller "memory".
  std::optional<CgroupMount> memory;
  /// Version 2.
  std::optional<CgroupMount> unified;
};

/// The text of /proc/self/mountinfo. Of several mounts of a hierarchy the one that shows the most
/// groups above our own control group namespace; of those alike the first one.
[[nodiscard]] CgroupMounts cgroup_mounts_in(std::string_view mountinfo);

/// A process's groups, "/kubepods/pod1/web".
struct CgroupPaths {
  std::optional<std::string> cpu;
  std::optional<std::string> memory;
  std::optional<std::string> unified;
};

/// The text of /proc/TGID/cgroup.
[[nodiscard]] CgroupPaths cgroup_paths_in(std::string_view cgroup);

/// Where the files of a group are; nullopt when the mount does not show it: it lies outside of a
/// cgroup namespace.
[[nodiscard]] std::optional<std::filesystem::path> directory_of_group(const CgroupMount &mount,
                                                                      const std::string &group);

/// The same where we are in a control group namespace of our own and the mount shows what is above
/// it: "/../../pod/web" below a mount of "/../../..". What the groups between are called has to be
/// looked for: nullopt when none of them, or more than one, has such a group.
[[nodiscard]] std::optional<std::filesystem::path> find_group(const CgroupMount &mount,
                                                              const std::string &group);

} // namespace linger::discover
