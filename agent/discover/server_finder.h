// Finds the web servers on this host.

#pragma once

#include "base/result.h"
#include "discover/gunicorn_survey.h"
#include "domain/server.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace linger::discover {

/// Where the kubelet keeps the logs of its node's pods.
inline constexpr const char *default_pod_logs = "/var/log/pods";

/// Reads /proc (or a copy of its shape, for tests). Every call looks afresh; nothing is cached but
/// what a process overwrote itself (a title set over its command line). Processes that vanish while
/// they are read are left out, never an error. Not thread-safe.
class ServerFinder {
public:
  explicit ServerFinder(std::filesystem::path proc = "/proc",
                        std::filesystem::path pod_logs = default_pod_logs);

  /// Every server found, by master_tgid.
  [[nodiscard]] std::vector<domain::Server> find();

  /// The server that `tgid` is the master or a worker of. not_found when there is no such process,
  /// or it is no server that we know ("4711 (bash) is neither a Python web server's
  /// master ...");
  /// not_permitted when /proc does not let us see enough of it.
  [[nodiscard]] Result<domain::Server> find(std::uint32_t tgid);

private:
  std::filesystem::path proc_;
  std::filesystem::path pod_logs_;
  RememberedLaunches remembered_;
};

} // namespace linger::discover
