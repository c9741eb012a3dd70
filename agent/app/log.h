// The agent's log: spdlog's default logger, which everything in app/ writes to.

#pragma once

namespace linger::app {

/// For lingerd: a line an event, with time and level.
void log_to_standard_error();

/// For linger, which tells each error once, through the command that had it.
void log_nothing();

} // namespace linger::app
