// What shells read to complete a command line: subcommands, options, their values.
//
// Files are offered where one is wanted; where a server is wanted, those that `linger servers`
// finds.

#pragma once

#include "app/manual/outline.h"

namespace linger::app {

[[nodiscard]] std::string bash_completion(const CommandOutline &program);
[[nodiscard]] std::string zsh_completion(const CommandOutline &program);
[[nodiscard]] std::string fish_completion(const CommandOutline &program);

/// Prints the process numbers in the field $1 of the servers that run here, one a line.
inline constexpr const char *list_processes_command =
    R"(linger servers --no-agent --format json 2>/dev/null | sed -n "s/.*\"$1\": *\([0-9]*\).*/\1/p")";

} // namespace linger::app
