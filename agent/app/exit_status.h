// What the programs tell the shell.

#pragma once

#include "base/result.h"

namespace linger::app {

/// Documented in docs/cli.md; scripts depend on the numbers.
enum class ExitStatus {
  done = 0,
  finding = 1,        // one at or above --fail-on
  usage = 2,          // wrong usage, an unreadable configuration or recording
  refused = 3,        // not permitted or not supported here
  no_such_server = 4, // no such server, process or agent
  internal = 5,
};

/// The only place where an error becomes an exit status.
[[nodiscard]] ExitStatus exit_status_of(Error::Kind kind);

/// For the file named by the user: that it is not there is a mistake in the command, not the
/// absence of a server.
[[nodiscard]] Error about_named_file(Error error);

} // namespace linger::app
