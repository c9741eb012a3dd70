// Python source: its statements, assignments and literals.

#include "discover/python_module.h"
#include "fuzz/property.h"

namespace {

using namespace linger::discover;
using namespace linger::fuzz;

/// A Python string literal for `text`.
std::string literal_of(std::string_view text)
{
  std::string literal = "'";
  for (const char c : text) {
    if (c == '\n')
      literal += "\\n";
    else if (c == '\'' || c == '\\')
      literal += std::string("\\") + c;
    else
      literal += c;
  }
  return literal + "'";
}

void check_statements(std::string_view source)
{
  std::uint32_t line = 1;
  const auto line_feeds = static_cast<std::size_t>(std::ranges::count(source, '\n'));
  for (const PythonStatement &statement : python_statements(source)) {
    must(!statement.text.empty(), "a statement is not empty");
    must(statement.line >= line && statement.line <= line_feeds + 1, "lines ascend");
    line = statement.line;

    // A second byte order mark in front is taken off the second time; and where a comment follows a
    // backslash, which is no Python, the backslash comes to stand before the line's end.
    if (statement.text.starts_with("\xEF\xBB\xBF") || source.find("\\#") != source.npos)
      continue;
    const auto again = python_statements(statement.text);
    must(again.size() == 1 && again.front().text == statement.text, "a statement is one statement");
    if (const auto assignment = decode_assignment(statement.text)) {
      must(!assignment->names.empty(), "an assignment has a name");
      for (const std::string &name : assignment->names)
        must(may_assign(statement.text, name), "what assigns may assign");
    }
  }
}

void check_literals(std::string_view text)
{
  const std::string literal = literal_of(text);
  using Values = std::vector<std::string>;
  must(decode_literal(literal) == Values{ std::string(text) }, "a string literal is its text");
  must(decode_literal("[" + literal + ",\n" + literal + ", ]") == Values(2, std::string(text)),
       "a list has its elements");

  const auto statements = python_statements("a = 1; workers = " + literal + "  # 2\nb = 3\n");
  must(statements.size() == 3 && statements[1].line == 1 && statements[2].text == "b = 3",
       "a string ends where it ends");
  const auto assignment = decode_assignment(statements[1].text);
  must(assignment && assignment->names == Values{ "workers" } && assignment->value == literal,
       "a value is what was assigned");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  check_statements(text);
  check_literals(text);
  if (const auto values = decode_literal(text)) {
    std::string list = "[";
    for (const std::string &value : *values)
      list += literal_of(value) + ", ";
    must(decode_literal(list + "]") == values, "a literal's values, written down, are the same");
  }
  return 0;
}
