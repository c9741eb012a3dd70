#include "app/manual/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>

namespace linger::app {
namespace {

std::string indented(const std::string &text)
{
  return text.empty() ? "" : "      " + text + "\n";
}

/// What is offered for a value: shell commands that set `words` or answer at once.
std::string value_command(const OptionOutline &option)
{
  if (!option.choices.empty())
    return fmt::format("words='{}'", fmt::join(option.choices, " "));
  if (option.takes_file())
    return "files=yes";
  if (!option.process_field().empty())
    return fmt::format("words=$(_linger_processes {})", option.process_field());
  return ":"; // anything: nothing is offered
}

std::vector<std::string> option_names(const CommandOutline &command)
{
  std::vector<std::string> names;
  for (const OptionOutline &option : command.options)
    names.insert(names.end(), option.names.begin(), option.names.end());
  return names;
}

/// The words that may stand where the command is `command`, which is empty before there is one.
std::string words_case(const std::string &name, const CommandOutline &command)
{
  std::vector<std::string> words;
  for (const CommandOutline &each : command.commands)
    words.push_back(each.name);
  std::string positional;
  for (const OptionOutline &option : command.options)
    if (option.positional() && positional.empty())
      positional = value_command(option);
  return fmt::format("    '{}')\n{}      options='{}'\n{}      ;;\n", name,
                     words.empty() ? "" : fmt::format("      words='{}'\n", fmt::join(words, " ")),
                     fmt::join(option_names(command), " "), indented(positional));
}

std::string value_cases(const std::string &name, const CommandOutline &command)
{
  std::string text;
  for (const OptionOutline &option : command.options) {
    if (option.positional() || option.value.empty())
      continue;
    std::vector<std::string> patterns;
    for (const std::string &each : option.names)
      patterns.push_back(fmt::format("'{} {}'", name, each));
    text += fmt::format("    {}) value=yes; {} ;;\n", fmt::join(patterns, " | "),
                        value_command(option));
  }
  return text;
}

} // namespace

std::string bash_completion(const CommandOutline &program)
{
  std::string values = value_cases("", program);
  std::string words = words_case("", program);
  for (const CommandOutline &command : program.commands) {
    values += value_cases(command.name, command);
    words += words_case(command.name, command);
  }
  return fmt::format(
      R"(# bash completion for {0}, made by its build from the options it understands

{4}_{0}()
{{
  local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
  local command='' words='' options='' files='' value=''
  {1}
  # "=" is a word of its own: --format=json
  if [ "$current" = = ]; then
    current=''
  elif [ "$previous" = = ]; then
    previous=${{COMP_WORDS[COMP_CWORD - 2]}}
  fi

  case "$command $previous" in
{2}  esac
  if [ -z "$value" ]; then
    case $command in
{3}    esac
    case $current in
      -*) words=$options files='' ;;
    esac
  fi

  COMPREPLY=()
  if [ -n "$files" ]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  elif [ -n "$words" ]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  fi
}}
complete -F _{0} {0}
)",
      program.name,
      program.commands.empty() ? ":" : "[ \"$COMP_CWORD\" -lt 2 ] || command=${COMP_WORDS[1]}",
      values, words,
      program.commands.empty()
          ? ""
          : fmt::format("_linger_processes()\n{{\n  {}\n}}\n\n", list_processes_command));
}

} // namespace linger::app
