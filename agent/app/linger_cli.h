// The command line of `linger`.

#pragma once

#include "app/commands/command.h"
#include "app/exit_status.h"
#include "app/terminal.h"

#include <memory>
#include <string>
#include <vector>

namespace linger::app {

/// What understands the command line. Parsing sets `chosen`; the help, the manual pages and the
/// shells' completions are made of it.
[[nodiscard]] std::unique_ptr<CLI::App> linger_parser(Command &chosen);

/// Understands `arguments` (without the program's name) and does what they ask. Options, output and
/// exit statuses are described in docs/cli.md.
[[nodiscard]] ExitStatus run_linger(std::vector<std::string> arguments, Terminal &terminal);

} // namespace linger::app
