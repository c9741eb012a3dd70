// One look at the daemon processes of Apache's mod_wsgi.

#pragma once

#include "discover/host_processes.h"
#include "domain/server.h"

#include <string>
#include <vector>

namespace linger::discover {

/// The group in the name that WSGIDaemonProcess gives its processes with display-name=%{GROUP}:
/// "shop" of "(wsgi:shop)". Empty for any other command line.
[[nodiscard]] std::string mod_wsgi_group(const std::vector<std::string> &argv);

/// Looks once. `host` must outlive it. Not thread-safe.
class ModWsgiSurvey {
public:
  explicit ModWsgiSurvey(HostProcesses &host);

  /// One an Apache that has daemon processes with a display-name, by master_tgid. Without that name
  /// they look like all of Apache's processes.
  [[nodiscard]] std::vector<domain::Server> servers();

private:
  [[nodiscard]] domain::Server describe(domain::Server server);

  HostProcesses &host_;
};

} // namespace linger::discover
