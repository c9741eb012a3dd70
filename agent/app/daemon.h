// What `lingerd` does.

#pragma once

#include "app/config.h"
#include "app/exit_status.h"

#include <string>
#include <vector>

namespace linger::app {

/// Watches and serves until SIGTERM or SIGINT. Logs to standard error. `arguments` without the
/// program's name; they and the exit statuses are described in docs/cli.md.
[[nodiscard]] ExitStatus run_lingerd(std::vector<std::string> arguments);

} // namespace linger::app
