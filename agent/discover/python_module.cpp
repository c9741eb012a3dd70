#include "discover/python_module.h"

#include <algorithm>
#include <array>

namespace linger::discover {
namespace {

constexpr std::string_view blanks = " \t\r\n\f";

std::string_view without_blanks(std::string_view text)
{
  const std::size_t begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos
             ? std::string_view{}
             : text.substr(begin, text.find_last_not_of(blanks) + 1 - begin);
}

bool is_name_char(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

std::string_view name_at(std::string_view text)
{
  const auto end = std::ranges::find_if_not(text, is_name_char);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

/// How many characters the string literal has that begins with the quotation mark at `at`. One that
/// is not closed ends with its line, or with the source when it has three marks.
std::size_t string_length(std::string_view source, std::size_t at)
{
  const char mark = source[at];
  const std::string three(3, mark);
  const bool is_long = source.substr(at, 3) == three;
  std::size_t i = at + (is_long ? 3 : 1);
  for (; i < source.size(); ++i) {
    if (source[i] == '\\')
      ++i;
    else if (is_long && source.substr(i, 3) == three)
      return i + 3 - at;
    else if (!is_long && (source[i] == mark || source[i] == '\n'))
      return i + (source[i] == mark ? 1 : 0) - at;
  }
  return source.size() - at;
}

bool opens_definition(std::string_view statement)
{
  const std::string_view word = name_at(statement);
  return word == "def" || word == "class" || word == "async";
}

/// The words that a colon may follow at once: "else: x = 1" assigns to no "else".
bool opens_block(std::string_view word)
{
  constexpr std::array<std::string_view, 4> words{ "else", "try", "except", "finally" };
  return std::ranges::find(words, word) != words.end();
}

/// Cuts a source into statements.
class StatementReader {
public:
  explicit StatementReader(std::string_view source) : source_(source) {}

  std::vector<PythonStatement> read()
  {
    begin_line();
    while (at_ < source_.size())
      step();
    end_statement();
    return std::move(statements_);
  }

private:
  void step()
  {
    const char c = source_[at_];
    if (c == '"' || c == '\'') {
      take(string_length(source_, at_));
    } else if (c == '#') {
      at_ = std::min(source_.find('\n', at_), source_.size());
    } else if (c == '\\' && source_.substr(at_ + 1, 1) == "\n") {
      text_ += ' ';
      skip(2);
    } else if (c == '\n' && depth_ == 0) {
      end_statement();
      skip(1);
      begin_line();
    } else if (c == ';' && depth_ == 0) {
      end_statement();
      skip(1);
    } else {
      if (c == '(' || c == '[' || c == '{')
        ++depth_;
      else if ((c == ')' || c == ']' || c == '}') && depth_ > 0)
        --depth_;
      take(1);
    }
  }

  void take(std::size_t length)
  {
    const std::string_view taken = source_.substr(at_, length);
    if (text_is_blank_)
      statement_line_ = line_;
    // Remembered, since looking at all of the text for each character would take its square.
    text_is_blank_ = text_is_blank_ && without_blanks(taken).empty();
    text_ += taken;
    skip(length);
  }

  void skip(std::size_t length)
  {
    const std::string_view skipped = source_.substr(at_, length);
    line_ += static_cast<std::uint32_t>(std::ranges::count(skipped, '\n'));
    at_ += skipped.size();
  }

  void begin_line()
  {
    const std::size_t begin = at_;
    at_ = std::min(source_.find_first_not_of(" \t\f", at_), source_.size());
    indent_ = at_ - begin;
  }

  void end_statement()
  {
    const std::string_view statement = without_blanks(text_);
    if (!statement.empty()) {
      if (definition_indent_ && indent_ <= *definition_indent_)
        definition_indent_.reset();
      if (!definition_indent_) {
        if (opens_definition(statement))
          definition_indent_ = indent_;
        else
          statements_.push_back({ std::string(statement), statement_line_, indent_ > 0 });
      }
    }
    text_.clear();
    text_is_blank_ = true;
  }

  std::string_view source_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t statement_line_ = 1;
  std::size_t depth_ = 0;
  std::size_t indent_ = 0;
  /// The indentation of the function or class whose body is being passed over.
  std::optional<std::size_t> definition_indent_;
  std::string text_;
  bool text_is_blank_ = true;
  std::vector<PythonStatement> statements_;
};

/// Where the first "=" of an assignment stands outside of strings and brackets; npos without one.
std::size_t find_assignment(std::string_view statement)
{
  std::size_t depth = 0;
  for (std::size_t i = 0; i < statement.size(); ++i) {
    const char c = statement[i];
    if (c == '"' || c == '\'') {
      i += std::max<std::size_t>(string_length(statement, i), 1) - 1;
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      depth -= std::min<std::size_t>(depth, 1);
    } else if (c == '=' && depth == 0) {
      const bool is_comparison =
          i > 0 && std::string_view("!<>").find(statement[i - 1]) != std::string_view::npos &&
          !(i > 1 && statement[i - 2] == statement[i - 1]);
      if (statement.substr(i + 1, 1) == "=")
        ++i;
      else if (!is_comparison)
        return i;
    }
  }
  return std::string_view::npos;
}

} // namespace

std::vector<PythonStatement> python_statements(std::string_view source)
{
  constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
  if (source.starts_with(byte_order_mark))
    source.remove_prefix(byte_order_mark.size());
  return StatementReader(source).read();
}

std::optional<PythonAssignment> decode_assignment(std::string_view statement)
{
  PythonAssignment assignment;
  for (std::size_t equals = find_assignment(statement); equals != std::string_view::npos;
       equals = find_assignment(statement)) {
    const std::string_view target = without_blanks(statement.substr(0, equals));
    const std::string_view name = name_at(target);
    const std::string_view behind_name = without_blanks(target.substr(name.size()));
    if (name.empty() || opens_block(name) || !(behind_name.empty() || behind_name.starts_with(':')))
      return std::nullopt;
    assignment.names.emplace_back(name);
    statement = without_blanks(statement.substr(equals + 1));
  }
  if (assignment.names.empty())
    return std::nullopt;
  assignment.value = statement;
  return assignment;
}

bool may_assign(std::string_view statement, std::string_view name)
{
  // Everything left of the last "=": "x[0] = name = 1" binds name.
  std::size_t left_size = name_at(statement) == "del" ? statement.size() : 0;
  for (std::size_t begin = 0, equals = find_assignment(statement); equals != std::string_view::npos;
       equals = find_assignment(statement.substr(begin))) {
    left_size = std::max(left_size, begin + equals);
    begin += equals + 1;
  }
  const std::string_view left = statement.substr(0, left_size);
  for (std::size_t at = left.find(name); at != std::string_view::npos;
       at = left.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    const char before = at == 0 ? ' ' : left[at - 1];
    const bool is_whole = !is_name_char(before) && (end == left.size() || !is_name_char(left[end]));
    if (is_whole && std::string_view(".\"'").find(before) == std::string_view::npos)
      return true;
  }
  return false;
}

} // namespace linger::discover
