// Finds the web servers on this host.

#pragma once

#include "base/result.h"
#include "discover/gunicorn_survey.h"
#include "discover/listening_by_namespace.h"
#include "discover/local_listeners.h"
#include "domain/server.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace linger::discover {

/// Where the kubelet keeps the logs of its node's pods.
inline constexpr const char *default_pod_logs = "/var/log/pods";

/// Reads /proc (or a copy of its shape, for tests). Every call looks afresh, but for what a process
/// overwrote itself (a title set over its command line) and for what listens
/// (listening_by_namespace.h). Processes that vanish while they are read are left out, never an
/// error. Not thread-safe.
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

  /// Who else listens on this host, by what is known since find().
  [[nodiscard]] std::vector<LocalListener> listeners()
  {
    return local_listeners(proc_, namespaces_);
  }

  /// Times that a network namespace was read, which is dear.
  [[nodiscard]] std::uint64_t namespace_reads() const { return namespaces_.reads(); }

private:
  std::filesystem::path proc_;
  std::filesystem::path pod_logs_;
  ListeningByNamespace namespaces_;
  RememberedLaunches remembered_;
};

} // namespace linger::discover
