// Where a uWSGI instance got its settings from, and what they come to.

#pragma once

#include "discover/process.h"
#include "discover/settings.h"
#include "discover/uwsgi_options.h"
#include "domain/server.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace linger::discover {

/// How an instance was started, as far as the process has not overwritten it.
struct UwsgiLaunch {
  /// Without the program. nullopt: a title stands in their place.
  std::optional<std::vector<std::string>> arguments;
  /// nullopt: `environment_gap` says why.
  std::optional<Environment> environment;
  std::string environment_gap;
};

/// Puts together the environment, the command line and the .ini files that it names, those in the
/// place where they are named, as uWSGI does: what comes last counts. Files are those that the
/// process `tgid` would find. Settings go by their canonical names; "router" holds every address of
/// a router, "mount" every mounted application.
[[nodiscard]] Configuration gather_uwsgi_configuration(const std::filesystem::path &proc,
                                                       std::uint32_t tgid,
                                                       const UwsgiLaunch &launch);

/// Fills in app, worker_class, workers_configured, threads_per_worker, timeout_seconds, preload and
/// max_requests, with a gap for each that could not be found out. `server.workers` must be filled
/// in: their number stands for one that is not known.
void apply_uwsgi(const Configuration &configuration, domain::Server &server);

/// Whether a master process was asked for; nullopt when that is not known.
[[nodiscard]] std::optional<bool> has_uwsgi_master(const Configuration &configuration);

} // namespace linger::discover
