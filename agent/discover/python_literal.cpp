// Literals of Python source: decode_literal() of discover/python_module.h.

#include "discover/proc_files.h"
#include "discover/python_module.h"

#include <algorithm>

namespace linger::discover {
namespace {

/// Reads a literal from the left. Each step says whether the source was as expected.
class LiteralDecoder {
public:
  explicit LiteralDecoder(std::string_view source) : source_(source) {}

  std::optional<std::vector<std::string>> decode()
  {
    skip_blanks();
    const bool is_list = starts_with('[');
    const bool is_read =
        is_list || starts_with('(') ? take_sequence(is_list ? ']' : ')') : take_elements('\0');
    return is_read && source_.empty() ? std::optional(std::move(values_)) : std::nullopt;
  }

private:
  [[nodiscard]] bool starts_with(char c) const { return source_.starts_with(c); }

  void skip_blanks()
  {
    source_.remove_prefix(std::min(source_.find_first_not_of(" \t\r\n\f"), source_.size()));
  }

  bool take_sequence(char end)
  {
    source_.remove_prefix(1);
    skip_blanks();
    if (!take_elements(end) || !starts_with(end))
      return false;
    source_.remove_prefix(1);
    skip_blanks();
    return true;
  }

  /// "1, 2," up to `end`, or up to the end of the source.
  bool take_elements(char end)
  {
    while (!source_.empty() && !starts_with(end)) {
      if (!take_scalar())
        return false;
      skip_blanks();
      if (!starts_with(','))
        return true;
      source_.remove_prefix(1);
      skip_blanks();
    }
    return end != '\0' || !values_.empty();
  }

  bool take_scalar()
  {
    if (at_string())
      return take_strings();
    const std::size_t length = std::min(source_.find_first_of(" \t\r\n\f,)]"), source_.size());
    const std::string_view word = source_.substr(0, length);
    source_.remove_prefix(length);
    if (word == "None")
      return true;
    const bool is_bool = word == "True" || word == "False";
    const bool is_number =
        !word.empty() &&
        word.find_first_not_of("0123456789abcdefABCDEFxXoO_") == std::string_view::npos &&
        word.front() >= '0' && word.front() <= '9';
    if (is_bool || is_number)
      values_.emplace_back(word);
    return is_bool || is_number;
  }

  /// The length of the prefix before a quotation mark that the source begins with.
  [[nodiscard]] std::size_t prefix_length() const
  {
    return std::min(source_.find_first_not_of("rRbBuU"), source_.size());
  }

  [[nodiscard]] bool at_string() const
  {
    const std::string_view rest = source_.substr(prefix_length());
    return rest.starts_with('"') || rest.starts_with('\'');
  }

  /// Strings that follow each other are one.
  bool take_strings()
  {
    std::string value;
    while (at_string()) {
      if (!take_string(value))
        return false;
      skip_blanks();
    }
    values_.push_back(std::move(value));
    return true;
  }

  bool take_string(std::string &value)
  {
    const std::string_view prefix = source_.substr(0, prefix_length());
    const bool is_raw = prefix.find_first_of("rR") != std::string_view::npos;
    source_.remove_prefix(prefix.size());
    const std::string three(3, source_.front());
    const std::string mark = source_.starts_with(three) ? three : three.substr(0, 1);
    source_.remove_prefix(mark.size());
    while (!source_.empty() && !source_.starts_with(mark)) {
      if (source_.front() != '\\') {
        value += source_.front();
        source_.remove_prefix(1);
      } else if (is_raw && source_.size() > 1) {
        value += source_.substr(0, 2);
        source_.remove_prefix(2);
      } else if (is_raw || !take_escape(value)) {
        return false;
      }
    }
    if (source_.empty())
      return false;
    source_.remove_prefix(mark.size());
    return true;
  }

  bool take_escape(std::string &value)
  {
    constexpr std::string_view letters = "nt\\'\"\n", meanings = "\n\t\\'\"";
    const std::size_t which =
        source_.size() < 2 ? std::string_view::npos : letters.find(source_[1]);
    if (which == std::string_view::npos)
      return false;
    value += meanings.substr(std::min(which, meanings.size()), 1); // a line feed means nothing
    source_.remove_prefix(2);
    return true;
  }

  std::string_view source_;
  std::vector<std::string> values_;
};

} // namespace

std::optional<std::vector<std::string>> decode_literal(std::string_view expression)
{
  return LiteralDecoder(expression).decode();
}

} // namespace linger::discover
