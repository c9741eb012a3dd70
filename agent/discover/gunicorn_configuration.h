// Where a Gunicorn master got its settings from.

#pragma once

#include "discover/gunicorn_settings.h"
#include "discover/process.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace linger::discover {

/// How a master was started, as far as the process has not overwritten it.
struct GunicornLaunch {
  /// Without the interpreter and the program. nullopt: a title stands in their place.
  std::optional<std::vector<std::string>> arguments;
  /// nullopt: `environment_gap` says why.
  std::optional<Environment> environment;
  std::string environment_gap;
};

struct GunicornConfiguration {
  Configuration configuration;
  /// The application on the command line; empty when none or unknown.
  std::string app;
};

/// Puts together, in Gunicorn's order of precedence, the defaults that depend on the environment,
/// the configuration file, GUNICORN_CMD_ARGS and the command line. The file is the one that the
/// process `tgid` would find: below its root, from its working directory.
[[nodiscard]] GunicornConfiguration gather_configuration(const std::filesystem::path &proc,
                                                         std::uint32_t tgid,
                                                         const GunicornLaunch &launch);

} // namespace linger::discover
