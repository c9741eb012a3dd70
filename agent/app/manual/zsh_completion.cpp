#include "app/manual/completion.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace linger::app {
namespace {

/// Within '[...]' of _arguments, which stands within single quotes.
std::string explained(const std::string &text)
{
  std::string out;
  for (const char character : text) {
    if (character == '\'')
      out += "'\\''";
    else if (character == '[' || character == ']' || character == ':' || character == '\\')
      out += std::string{ '\\' } + character;
    else
      out += character;
  }
  return out;
}

std::string action_of(const OptionOutline &option)
{
  if (!option.choices.empty())
    return fmt::format("({})", fmt::join(option.choices, " "));
  if (option.takes_file())
    return "_files";
  return option.process_field().empty() ? "" : "_linger_processes " + option.process_field();
}

/// What stands above the values. It must not be empty: "::" would make them optional.
std::string message_of(const OptionOutline &option)
{
  return option.choices.empty() ? option.value : "one of";
}

std::string spec_of(const OptionOutline &option)
{
  if (option.positional())
    return fmt::format("'{}:{}:{}'", option.repeatable ? "*" : "", explained(option.description),
                       action_of(option));
  std::string specs;
  for (const std::string &name : option.names) {
    const bool separate = !name.starts_with("--");
    specs += fmt::format(
        "{}'{}{}{}[{}]{}'", specs.empty() ? "" : " ",
        option.repeatable ? "*" : fmt::format("({})", fmt::join(option.names, " ")), name,
        option.value.empty() ? ""
        : separate           ? "+"
                             : "=",
        explained(option.description),
        option.value.empty() ? "" : fmt::format(":{}:{}", message_of(option), action_of(option)));
  }
  return specs;
}

std::string specs_of(const CommandOutline &command, const std::string &indent)
{
  std::string text;
  for (const OptionOutline &option : command.options)
    text += fmt::format(" \\\n{}{}", indent, spec_of(option));
  return text;
}

} // namespace

std::string zsh_completion(const CommandOutline &program)
{
  std::string text =
      fmt::format("#compdef {0}\n"
                  "# zsh completion for {0}, made by its build from the options it understands\n\n",
                  program.name);
  const std::string begin = fmt::format("_{}() {{\n", program.name);
  const std::string end = fmt::format("}}\n\n_{} \"$@\"\n", program.name);
  if (program.commands.empty())
    return text + begin + "  _arguments" + specs_of(program, "    ") + "\n" + end;

  text += fmt::format("_linger_processes() {{\n  local -a processes=(${{(f)\"$({})\"}})\n"
                      "  compadd -a processes\n}}\n\n",
                      list_processes_command);
  text += begin + "  local curcontext=\"$curcontext\" state line\n  _arguments -C" +
          specs_of(program, "    ") +
          " \\\n    '1: :->command' '*:: :->arguments'\n"
          "  case $state in\n    command)\n      local -a commands=(\n";
  for (const CommandOutline &command : program.commands)
    text += fmt::format("        '{}:{}'\n", command.name, explained(command.description));
  text += "      )\n      _describe command commands\n      ;;\n"
          "    arguments)\n      case $line[1] in\n";
  for (const CommandOutline &command : program.commands)
    text += fmt::format("        {})\n          _arguments{}\n          ;;\n", command.name,
                        specs_of(command, "            "));
  return text + "      esac\n      ;;\n  esac\n" + end;
}

} // namespace linger::app
