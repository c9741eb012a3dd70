#include "app/manual/roff.h"

#include <cctype>

namespace linger::app {
namespace {

/// A line that starts with one of these would be a request.
std::string guarded(std::string line)
{
  if (line.starts_with('.') || line.starts_with('\''))
    line.insert(0, "\\&");
  return line;
}

void append_literal(std::string &out, char character)
{
  switch (character) {
    case '\\':
      out += "\\e";
      return;
    case '-':
      out += "\\-";
      return;
    case '\'':
      out += "\\(aq";
      return;
    case '`':
      out += "\\(ga";
      return;
    case '"':
      out += "\\(dq";
      return;
    case '~':
      out += "\\(ti";
      return;
    case '^':
      out += "\\(ha";
      return;
    default:
      out += character;
  }
}

} // namespace

std::string roff_literal(std::string_view text)
{
  std::string out;
  for (const char character : text)
    append_literal(out, character);
  return guarded(std::move(out));
}

std::string roff_prose(std::string_view text)
{
  std::string out;
  bool quoted = false;
  bool option = false;
  char before = ' ';
  for (const char character : text) {
    if (character == '`') {
      quoted = !quoted;
      out += quoted ? "\\fB" : "\\fR";
    } else if (quoted || character == '\\' || character == '"') {
      append_literal(out, character);
    } else if (character == '-') {
      option = option || std::isalnum(static_cast<unsigned char>(before)) == 0;
      out += option ? "\\-" : "-";
    } else {
      option = option && std::isalnum(static_cast<unsigned char>(character)) != 0;
      out += character;
    }
    before = character;
  }
  return guarded(std::move(out));
}

std::string roff_value(std::string_view value)
{
  const bool typed = value.find('|') != std::string_view::npos;
  return (typed ? "\\fB" : "\\fI") + roff_literal(value) + "\\fR";
}

} // namespace linger::app
