// One subcommand of `linger` a file; this is what they share.

#pragma once

#include "app/exit_status.h"
#include "app/terminal.h"

#include <CLI/App.hpp>
#include <functional>

namespace linger::app {

/// What is left to do once the command line has been understood.
using Command = std::function<ExitStatus(Terminal &)>;

/// Tells the person at the terminal, and the shell.
ExitStatus report_error(Terminal &terminal, const Error &error);

/// What to say instead of waiting for requests that nobody will serve.
[[nodiscard]] Error no_server_here();

/// Prints a result; fails when it cannot be delivered (a full disk behind a redirection).
[[nodiscard]] Result<> write_out(const std::string &text, Terminal &terminal);

/// Writes a result to the file that the user named, in place of what it held, or to standard output
/// where `path` is empty; `what` is "the report".
[[nodiscard]] Result<> write_result(const std::string &text, const std::string &path,
                                    const std::string &what, Terminal &terminal);

/// Each adds its subcommand to `parent`; when it is the one asked for, parsing sets `chosen`, which
/// may be called once parsing is over, also after `parent` is gone.
void add_servers_command(CLI::App &parent, Command &chosen);
void add_diagnose_command(CLI::App &parent, Command &chosen);
void add_top_command(CLI::App &parent, Command &chosen);
void add_watch_command(CLI::App &parent, Command &chosen);
void add_record_command(CLI::App &parent, Command &chosen);
void add_replay_command(CLI::App &parent, Command &chosen);
void add_compare_command(CLI::App &parent, Command &chosen);
void add_heap_command(CLI::App &parent, Command &chosen);
void add_profile_command(CLI::App &parent, Command &chosen);
void add_doctor_command(CLI::App &parent, Command &chosen);

} // namespace linger::app
