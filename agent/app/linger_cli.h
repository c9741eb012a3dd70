// The command line of `linger`.

#pragma once

#include "app/exit_status.h"
#include "app/terminal.h"

#include <string>
#include <vector>

namespace linger::app {

/// Understands `arguments` (without the program's name) and does what they ask. Options, output and
/// exit statuses are described in docs/cli.md.
[[nodiscard]] ExitStatus run_linger(std::vector<std::string> arguments, Terminal &terminal);

} // namespace linger::app
