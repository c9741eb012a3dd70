#include "app/manual/outline.h"

#include <algorithm>
#include <sstream>

namespace linger::app {
namespace {

std::vector<std::string> split(const std::string &text, char separator)
{
  std::vector<std::string> parts;
  std::istringstream stream{ text };
  for (std::string part; std::getline(stream, part, separator);)
    parts.push_back(part);
  return parts;
}

std::vector<std::string> names_of(const CLI::Option &option)
{
  std::vector<std::string> names;
  for (const std::string &name : option.get_snames())
    names.push_back("-" + name);
  for (const std::string &name : option.get_lnames())
    names.push_back("--" + name);
  return names;
}

OptionOutline outline_of(const CLI::Option &option)
{
  const bool flag = option.get_items_expected_max() == 0;
  // An option of few words has them all as its text.
  const std::string &words = option.get_option_text();
  OptionOutline outline{
    .names = names_of(option),
    .value = flag             ? ""
             : !words.empty() ? words
                              : option.get_type_name(),
    .choices = {},
    .description = option.get_description(),
    .required = option.get_required(),
    .repeatable = option.get_multi_option_policy() == CLI::MultiOptionPolicy::TakeAll,
  };
  if (words.find('|') != std::string::npos)
    outline.choices = split(words, '|');
  return outline;
}

std::vector<FooterSection> sections_of(const std::string &footer)
{
  std::vector<FooterSection> sections;
  bool begins = true;
  for (const std::string &line : split(footer, '\n')) {
    if (line.empty()) {
      begins = true;
      continue;
    }
    if (begins) {
      const std::size_t colon = line.find(':');
      const std::string rest = line.substr(std::min(line.size(), colon + 1));
      sections.push_back({ .title = line.substr(0, colon), .lines = {}, .flowing = !rest.empty() });
      if (!rest.empty())
        sections.back().lines.push_back(rest.substr(1));
    } else {
      sections.back().lines.push_back(line.substr(line.find_first_not_of(' ')));
    }
    begins = false;
  }
  return sections;
}

} // namespace

CommandOutline outline_of(const CLI::App &app)
{
  CommandOutline outline{ .name = app.get_name(),
                          .description = app.get_description(),
                          .options = {},
                          .commands = {},
                          .footer = sections_of(app.get_footer()) };
  for (const CLI::Option *option : app.get_options())
    outline.options.push_back(outline_of(*option));
  for (const CLI::App *command : app.get_subcommands(nullptr))
    outline.commands.push_back(outline_of(*command));
  return outline;
}

std::vector<std::vector<std::string>> example_commands(const CommandOutline &command,
                                                       const std::string &program)
{
  std::vector<std::vector<std::string>> found;
  for (const FooterSection &section : command.footer) {
    if (section.title != "Examples")
      continue;
    for (const std::string &line : section.lines) {
      std::vector<std::string> words;
      std::istringstream stream{ line.substr(0, line.find("   ")) + " |" };
      for (std::string word; stream >> word;) {
        if (word != "|" && word != "&&") {
          words.push_back(word);
          continue;
        }
        if (!words.empty() && words.front() == program)
          found.push_back(words);
        words.clear();
      }
    }
  }
  return found;
}

} // namespace linger::app
