// Which uWSGI processes belong together, and which of them serve requests.

#pragma once

#include "discover/process.h"

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// What --auto-procname makes of a command line, with whatever prefix: "uWSGI worker 1".
enum class UwsgiRole { master, worker, other };
[[nodiscard]] std::optional<UwsgiRole> decode_uwsgi_title(std::string_view title);

struct UwsgiProcess {
  ProcessStat stat;
  std::vector<std::string> argv;
  /// The role that its title gives; nullopt when it has none.
  std::optional<UwsgiRole> title;
  /// Empty where it may not be seen.
  std::string executable;
  /// The inodes of its listening sockets, ascending; nullopt where they may not be seen.
  std::optional<std::vector<std::uint64_t>> listening;
};

/// An instance: the process that was started and those that it forked, of all roles.
struct UwsgiFamily {
  const UwsgiProcess *root = nullptr;
  std::vector<const UwsgiProcess *> children;
};

/// Sorts processes into families, in the order of `processes`. A process belongs to its parent if
/// it was forked and not executed: same executable, and the same command line or a title instead.
/// So the vassals of an emperor are families of their own.
[[nodiscard]] std::vector<UwsgiFamily> uwsgi_families_of(std::span<const UwsgiProcess> processes);

/// Those that serve requests, the root among them where there is no master: by its title, else
/// whoever listens at a socket that is not one of `router_inodes`. uWSGI's routers, mules and
/// spoolers have closed the sockets of the workers. `has_master` nullopt: not known, so there is
/// one if there are children.
[[nodiscard]] std::vector<const UwsgiProcess *>
uwsgi_workers_of(const UwsgiFamily &family, const std::set<std::uint64_t> &router_inodes,
                 std::optional<bool> has_master);

} // namespace linger::discover
