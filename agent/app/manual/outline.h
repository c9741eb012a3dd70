// What a program's parser knows of its command line, as manual pages and completions need it.

#pragma once

#include <CLI/App.hpp>
#include <string>
#include <vector>

namespace linger::app {

struct OptionOutline {
  std::vector<std::string> names;   // "-o", "--output"; none for what stands without a name
  std::string value;                // "FILE", "text|json"; empty for a flag
  std::vector<std::string> choices; // the only values there are; empty: any
  std::string description;
  bool required = false;
  bool repeatable = false;

  [[nodiscard]] bool positional() const { return names.empty(); }
  [[nodiscard]] bool takes_file() const { return value == "FILE"; }
  /// The field of a linger.v1.ListServersResponse that holds what can stand here; empty for others.
  [[nodiscard]] std::string process_field() const
  {
    return value == "PID" ? "masterTgid" : value == "WORKER" ? "tgid" : "";
  }
};

/// A part of what stands below the options in --help: "Examples:" and its lines.
struct FooterSection {
  std::string title;
  std::vector<std::string> lines;
  bool flowing = false; // prose, which may be broken anywhere; else each line stands as it is
};

struct CommandOutline {
  std::string name; // "linger", "diagnose"
  std::string description;
  std::vector<OptionOutline> options;
  std::vector<CommandOutline> commands;
  std::vector<FooterSection> footer;
};

[[nodiscard]] CommandOutline outline_of(const CLI::App &app);

/// The command lines in the examples, as the words of each that starts with `program`. What stands
/// behind three spaces explains, "&&" and "|" begin another command.
[[nodiscard]] std::vector<std::vector<std::string>> example_commands(const CommandOutline &command,
                                                                     const std::string &program);

} // namespace linger::app
