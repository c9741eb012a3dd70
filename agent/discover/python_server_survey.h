// One look at the servers that are Python programs of one process, or of one that spawns its
// workers anew: waitress and uvicorn.

#pragma once

#include "discover/host_processes.h"
#include "domain/server.h"

#include <vector>

namespace linger::discover {

/// Looks once. `host` must outlive it. Not thread-safe.
class PythonServerSurvey {
public:
  explicit PythonServerSurvey(HostProcesses &host);

  /// Every one that listens, by master_tgid. Only servers that were started from the command line:
  /// a program that calls waitress.serve() or uvicorn.run() looks like any other.
  [[nodiscard]] std::vector<domain::Server> servers();

private:
  [[nodiscard]] domain::Server describe(const ProcessStat &master, bool listens,
                                        domain::Server server);
  [[nodiscard]] std::vector<domain::WorkerProcess> listening_children_of(std::uint32_t tgid);

  HostProcesses &host_;
};

} // namespace linger::discover
