// One look at the uWSGI processes of a host.

#pragma once

#include "discover/host_processes.h"
#include "discover/settings.h"
#include "discover/uwsgi_configuration.h"
#include "discover/uwsgi_family.h"
#include "domain/server.h"

#include <cstdint>
#include <optional>
#include <set>
#include <vector>

namespace linger::discover {

/// Looks once. `host` must outlive it. Not thread-safe.
class UwsgiSurvey {
public:
  explicit UwsgiSurvey(HostProcesses &host);

  /// Every instance that serves requests, by master_tgid.
  [[nodiscard]] std::vector<domain::Server> servers();

private:
  [[nodiscard]] std::vector<UwsgiProcess> read_processes();
  [[nodiscard]] std::optional<domain::Server> describe(const UwsgiFamily &family);
  [[nodiscard]] std::set<std::uint64_t> router_inodes_of(const UwsgiFamily &family,
                                                         const Configuration &configuration);
  void describe_listeners(const UwsgiFamily &family,
                          const std::vector<const UwsgiProcess *> &workers,
                          const std::set<std::uint64_t> &router_inodes,
                          const Configuration &configuration, domain::Server &server);

  HostProcesses &host_;
};

} // namespace linger::discover
