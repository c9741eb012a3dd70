#include "app/manual/completion.h"

#include <algorithm>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <regex>

namespace linger::app {
namespace {

std::string quoted(const std::string &text)
{
  std::string out = "'";
  for (const char character : text) {
    if (character == '\'' || character == '\\')
      out += '\\';
    out += character;
  }
  return out + "'";
}

std::string value_of(const OptionOutline &option)
{
  if (!option.choices.empty())
    return fmt::format(" -x -a {}", quoted(fmt::format("{}", fmt::join(option.choices, " "))));
  if (option.takes_file())
    return " -r -F";
  if (!option.process_field().empty())
    return fmt::format(" -x -a '(__linger_processes {})'", option.process_field());
  return option.value.empty() ? "" : " -x";
}

std::string line_of(const OptionOutline &option, const std::string &beginning)
{
  std::string names;
  for (const std::string &name : option.names)
    names += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  std::string value = value_of(option);
  // What stands without a name is an argument, and offered as such.
  if (option.positional())
    value = option.takes_file() ? " -F" : value.starts_with(" -x") ? value.substr(3) : value;
  return fmt::format("{}{}{} -d {}\n", beginning, names, value, quoted(option.description));
}

} // namespace

std::string fish_completion(const CommandOutline &program)
{
  const std::string complete = "complete -c " + program.name;
  std::string text =
      fmt::format("# fish completion for {}, made by its build from the options it understands\n",
                  program.name);
  if (!program.commands.empty())
    text +=
        fmt::format("function __linger_processes\n  set -l field $argv[1]\n  {}\nend\n",
                    std::regex_replace(list_processes_command, std::regex{ R"(\$1)" }, "$$field"));
  text += complete + " -f\n";
  const std::string before = program.commands.empty() ? "" : " -n __fish_use_subcommand";
  for (const OptionOutline &option : program.options)
    text += line_of(option, complete + before);
  for (const CommandOutline &command : program.commands) {
    text += fmt::format("{}{} -a {} -d {}\n", complete, before, command.name,
                        quoted(command.description));
    for (const OptionOutline &option : command.options)
      text += line_of(
          option, fmt::format("{} -n '__fish_seen_subcommand_from {}'", complete, command.name));
  }
  return text;
}

} // namespace linger::app
