#include "app/manual/man_page.h"

#include "app/manual/roff.h"
#include "app/version.h"

#include <algorithm>
#include <cctype>
#include <fmt/format.h>
#include <iterator>

namespace linger::app {
namespace {

std::string upper(std::string text)
{
  std::ranges::transform(text, text.begin(), [](unsigned char character) {
    return static_cast<char>(std::toupper(character));
  });
  return text;
}

std::string head(const std::string &name, const std::string &description,
                 const ManPageOptions &options)
{
  std::string what = description;
  if (what.ends_with('.'))
    what.pop_back();
  return fmt::format(".TH \"{}\" \"{}\" \"{}\" \"linger {}\" \"Linger\"\n"
                     ".SH NAME\n{} \\- {}\n",
                     upper(name), options.section, options.date, version, roff_literal(name),
                     roff_prose(what));
}

std::string value_of(const OptionOutline &option)
{
  return option.value.empty() ? "" : roff_value(option.value);
}

std::string synopsis(const std::vector<OptionOutline> &options)
{
  std::string text;
  for (const OptionOutline &option : options)
    if (option.required && !option.positional())
      text += fmt::format(" \\fB{}\\fR {}", roff_literal(option.names.back()), value_of(option));
  text += " [\\fIOPTION\\fR...]";
  for (const OptionOutline &option : options)
    if (option.positional())
      text += " " + value_of(option);
  return text + "\n";
}

std::string entry(const OptionOutline &option)
{
  std::string names;
  for (const std::string &name : option.names)
    names += (names.empty() ? "\\fB" : ", \\fB") + roff_literal(name) + "\\fR";
  if (!names.empty() && !option.value.empty())
    names += ' ';
  return fmt::format(".TP\n{}{}\n{}.\n", names, value_of(option),
                     roff_prose(option.description + (option.required ? " (required)" : "")));
}

std::string entries(const std::vector<OptionOutline> &options)
{
  std::string text = ".SH OPTIONS\n";
  for (const OptionOutline &option : options)
    text += entry(option);
  return text;
}

std::string footer_of(const CommandOutline &command)
{
  std::string text;
  for (const FooterSection &section : command.footer) {
    text += ".SH " + upper(section.title) + "\n";
    if (!section.flowing)
      text += ".nf\n";
    for (const std::string &line : section.lines)
      text += (section.flowing ? roff_prose(line) : roff_literal(line)) + "\n";
    if (!section.flowing)
      text += ".fi\n";
  }
  return text;
}

std::string see_also(const std::vector<std::string> &pages)
{
  std::string text = ".SH SEE ALSO\n";
  for (const std::string &page : pages) {
    const std::size_t paren = page.find('(');
    text += fmt::format(".BR {} {}{}\n", roff_literal(page.substr(0, paren)), page.substr(paren),
                        page == pages.back() ? "" : " ,");
  }
  return text;
}

} // namespace

std::string man_page(const CommandOutline &program, const ManPageOptions &options)
{
  std::string text = head(program.name, program.description, options);
  text += fmt::format(".SH SYNOPSIS\n\\fB{}\\fR", roff_literal(program.name));
  if (program.commands.empty()) {
    text += synopsis(program.options);
  } else {
    text += " \\fICOMMAND\\fR [\\fIOPTION\\fR...]\n.SH COMMANDS\n";
    for (const CommandOutline &command : program.commands)
      text += fmt::format(".TP\n\\fB{}\\fR\n{}; see\n.BR {}\\-{} (1).\n",
                          roff_literal(command.name), roff_prose(command.description),
                          roff_literal(program.name), roff_literal(command.name));
  }
  return text + entries(program.options) + footer_of(program) + see_also(options.see_also);
}

std::string man_page(const CommandOutline &program, const CommandOutline &command,
                     const ManPageOptions &options)
{
  return head(program.name + "-" + command.name, command.description, options) +
         fmt::format(".SH SYNOPSIS\n\\fB{} {}\\fR", roff_literal(program.name),
                     roff_literal(command.name)) +
         synopsis(command.options) + entries(command.options) + footer_of(command) +
         see_also(options.see_also);
}

std::string configuration_page(const std::vector<DocumentSection> &document,
                               const ManPageOptions &options)
{
  std::string text = head("linger.toml", "configuration of linger and lingerd", options);
  for (const DocumentSection &section : document) {
    const bool keys = section.title.starts_with('[');
    text += ".SH " + (keys ? roff_literal(section.title) : "DESCRIPTION") + "\n";
    for (const DocumentBlock &block : section.blocks) {
      if (!block.paragraph.empty())
        text +=
            (&block == &section.blocks.front() ? "" : ".PP\n") + roff_prose(block.paragraph) + "\n";
      if (!block.example.empty())
        text += ".PP\n.nf\n";
      for (const std::string &line : block.example)
        text += roff_literal(line) + "\n";
      if (!block.example.empty())
        text += ".fi\n";
      for (const KeyEntry &key : block.keys)
        text += fmt::format(".TP\n\\fB{}\\fR = {}\n{}\n", roff_literal(key.name),
                            roff_literal(key.default_value), roff_prose(key.meaning));
    }
  }
  return text + see_also(options.see_also);
}

} // namespace linger::app
