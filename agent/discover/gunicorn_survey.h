// One look at the Gunicorn processes of a host.

#pragma once

#include "discover/gunicorn_configuration.h"
#include "discover/gunicorn_family.h"
#include "discover/host_processes.h"
#include "domain/server.h"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace linger::discover {

/// How the masters that were seen before their title were started, by tgid and start_ticks.
using RememberedLaunches = std::map<std::pair<std::uint32_t, std::uint64_t>, GunicornLaunch>;

/// Looks once. `host` must outlive it. Not thread-safe.
class GunicornSurvey {
public:
  explicit GunicornSurvey(HostProcesses &host);

  /// Every server that listens, by master_tgid. Adds to `remembered` the masters that have not
  /// overwritten their command line, and forgets the dead.
  [[nodiscard]] std::vector<domain::Server> servers(RememberedLaunches &remembered);

private:
  [[nodiscard]] std::vector<GunicornProcess> read_processes();
  [[nodiscard]] GunicornLaunch launch_of(const GunicornProcess &master) const;
  [[nodiscard]] domain::Server describe(const GunicornFamily &family, const GunicornLaunch &launch);
  void describe_listeners(const GunicornFamily &family, const Configuration &configuration,
                          domain::Server &server);

  HostProcesses &host_;
};

} // namespace linger::discover
