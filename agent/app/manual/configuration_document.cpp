#include "app/manual/configuration_document.h"

#include <regex>
#include <sstream>

namespace linger::app {
namespace {

std::string without_links(const std::string &text)
{
  static const std::regex link{ R"( ?\(\[how\]\([^)]*\)\)|\[([^\]]*)\]\([^)]*\))" };
  return std::regex_replace(text, link, "$1");
}

std::string bare(const std::string &cell)
{
  const std::size_t first = cell.find_first_not_of(" `");
  const std::size_t last = cell.find_last_not_of(" `");
  return first == std::string::npos ? "" : cell.substr(first, last - first + 1);
}

/// "| `key` | `default` | Meaning |"
KeyEntry key_of(const std::string &row)
{
  const std::size_t second = row.find('|', 1);
  const std::size_t third = row.find('|', second + 1);
  const std::string meaning = row.substr(third + 2, row.rfind('|') - third - 3);
  return { .name = bare(row.substr(1, second - 1)),
           .default_value = bare(row.substr(second + 1, third - second - 1)),
           .meaning = without_links(meaning) };
}

void wrap_comment(std::ostream &out, const std::string &text)
{
  constexpr std::size_t width = 96;
  std::istringstream words{ text };
  std::string line = "#";
  for (std::string word; words >> word;) {
    if (line.size() + 1 + word.size() > width) {
      out << line << "\n";
      line = "#";
    }
    line += " " + word;
  }
  out << line << "\n";
}

} // namespace

std::vector<DocumentSection> configuration_document(const std::string &markdown)
{
  std::vector<DocumentSection> sections;
  std::istringstream lines{ markdown };
  bool joins = false; // whether a line of text goes on with the paragraph before
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# ") || line.starts_with("## ")) {
      sections.push_back({ .title = line.substr(line.find(' ') + 1), .blocks = {} });
      joins = false;
    } else if (line.empty() || sections.empty()) {
      joins = false;
      // An example may have empty lines.
      if (!sections.empty() && !sections.back().blocks.empty() &&
          !sections.back().blocks.back().example.empty())
        sections.back().blocks.back().example.emplace_back();
    } else if (line.starts_with("| Key") || line.starts_with("|--")) {
      if (line.starts_with("| Key"))
        sections.back().blocks.emplace_back();
    } else if (line.starts_with("| ")) {
      sections.back().blocks.back().keys.push_back(key_of(line));
    } else if (line.starts_with("    ")) {
      if (sections.back().blocks.empty() || sections.back().blocks.back().example.empty())
        sections.back().blocks.emplace_back();
      sections.back().blocks.back().example.push_back(line.substr(4));
    } else {
      if (!joins)
        sections.back().blocks.emplace_back();
      std::string &paragraph = sections.back().blocks.back().paragraph;
      paragraph += (paragraph.empty() ? "" : " ") + line;
      joins = true;
    }
  }
  for (DocumentSection &section : sections) {
    for (DocumentBlock &block : section.blocks) {
      block.paragraph = without_links(block.paragraph);
      while (!block.example.empty() && block.example.back().empty())
        block.example.pop_back();
    }
  }
  return sections;
}

std::string default_configuration(const std::vector<DocumentSection> &document)
{
  std::ostringstream out;
  out << "# The configuration of lingerd, and of linger --config; see linger.toml(5).\n"
         "# What stands behind a # is the default.\n";
  for (const DocumentSection &section : document) {
    if (!section.title.starts_with('['))
      continue;
    out << "\n" << section.title << "\n";
    for (const DocumentBlock &block : section.blocks) {
      if (!block.paragraph.empty())
        wrap_comment(out, block.paragraph);
      for (const KeyEntry &key : block.keys) {
        out << "\n";
        wrap_comment(out, key.meaning);
        out << "#" << key.name << " = " << key.default_value << "\n";
      }
    }
  }
  return out.str();
}

} // namespace linger::app
