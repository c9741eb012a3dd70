// What is done with a finished report.

#pragma once

#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "serve/convert.h"

namespace linger::app {

/// Prints the report or writes it to the file asked for, and compares it with --fail-on.
[[nodiscard]] ExitStatus hand_over(const v1::Report &report, const ReportArguments &arguments,
                                   Terminal &terminal);

} // namespace linger::app
