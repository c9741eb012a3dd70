// Which of the processes that look like Gunicorn are masters, and which their workers.

#pragma once

#include "discover/gunicorn_command.h"
#include "discover/process.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace linger::discover {

/// A process whose command line is Gunicorn's or was replaced by a Gunicorn title.
struct GunicornProcess {
  ProcessStat stat;
  std::vector<std::string> argv;
  std::optional<GunicornTitle> title;
  /// Empty where it may not be seen.
  std::string executable;
  /// The inodes of its listening sockets, ascending; nullopt where they may not be seen.
  std::optional<std::vector<std::uint64_t>> listening;
  /// Its parent, a master, started it anew on USR2: its environment says so.
  bool is_reexecuted = false;
};

struct GunicornFamily {
  const GunicornProcess *master = nullptr;
  std::vector<const GunicornProcess *> workers;
};

/// Sorts processes into families, in the order of `processes`.
///
/// Titles tell the role. Without them master and workers carry the same command line; then a worker
/// is what has a parent of the same executable and command line and listens: at the parent's
/// socket, at one of its own (--reuse-port) or at one that the parent has closed since (a new
/// --bind, a stop). A worker's own forks are in no family. A master whose parent is a master has a
/// family of its own. Every worker stands in exactly one family; every family has its master.
/// Linear in the number of processes.
[[nodiscard]] std::vector<GunicornFamily> families_of(std::span<const GunicornProcess> processes);

} // namespace linger::discover
