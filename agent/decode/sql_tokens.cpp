#include "decode/sql_tokens.h"

#include <algorithm>
#include <utility>

namespace linger::decode {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

bool is_letter(char c)
{
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_word_char(char c)
{
  return is_letter(c) || is_digit(c) || c == '$';
}

bool is_space(char c)
{
  return static_cast<unsigned char>(c) <= 0x20 || c == '\x7f';
}

char upper(char c)
{
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

bool same_word(std::string_view word, std::string_view in_capitals)
{
  return std::ranges::equal(word, in_capitals, {}, upper);
}

class Tokenizer {
public:
  Tokenizer(std::string_view sql, SqlDialect dialect, bool cut)
      : sql_(sql), mysql_(dialect == SqlDialect::mysql)
  {
    found_.incomplete = cut;
  }

  SqlTokens run()
  {
    while (!stopped_ && at_ < sql_.size())
      take();
    return std::move(found_);
  }

private:
  [[nodiscard]] char peek(std::size_t ahead = 0) const
  {
    return at_ + ahead < sql_.size() ? sql_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool at(std::string_view text) const { return sql_.substr(at_).starts_with(text); }

  void add(SqlToken::Kind kind, std::string text)
  {
    found_.tokens.push_back({ kind, std::move(text), std::exchange(spaced_, false) });
  }
  void add_literal() { add(SqlToken::Kind::literal, "?"); }

  /// What follows is not read.
  void stop()
  {
    found_.incomplete = true;
    stopped_ = true;
  }

  void take()
  {
    const char c = peek();
    if (is_space(c)) {
      ++at_;
      spaced_ = true;
    } else if (!take_comment() && !take_quoted(c) && !take_dollar() && !take_number() &&
               !take_word()) {
      ++at_;
      if (c == '?')
        add_literal();
      else
        add(SqlToken::Kind::symbol, std::string(1, c));
    }
  }

  bool take_comment()
  {
    // MySQL's "--" needs white space behind it: 5--3 is 8.
    const bool dashes = at("--") && (!mysql_ || at_ + 2 >= sql_.size() || is_space(peek(2)));
    if (dashes || (mysql_ && peek() == '#')) {
      at_ = std::min(sql_.size(), sql_.find('\n', at_));
    } else if (at("/*")) {
      // Code that only some of MySQL's versions run: its strings may hold what ends a comment.
      if (mysql_ && (at("/*!") || at("/*M!")))
        stop();
      else
        skip_block_comment();
    } else {
      return false;
    }
    spaced_ = true;
    return true;
  }

  void skip_block_comment()
  {
    std::size_t depth = 1;
    for (at_ += 2; at_ < sql_.size() && depth > 0; ++at_) {
      if (!mysql_ && at("/*")) {
        ++depth;
        ++at_;
      } else if (at("*/")) {
        --depth;
        ++at_;
      }
    }
    if (depth > 0)
      stop();
  }

  bool take_quoted(char quote)
  {
    if (quote == '\'' || (mysql_ && quote == '"')) {
      add_literal();
      skip_string(quote, false);
      return true;
    }
    if (quote != (mysql_ ? '`' : '"'))
      return false;
    std::string text(1, quote);
    for (++at_; at_ < sql_.size(); ++at_) {
      text += is_space(peek()) ? ' ' : peek();
      if (peek() != quote)
        continue;
      if (peek(1) != quote) {
        ++at_;
        add(SqlToken::Kind::identifier, std::move(text));
        return true;
      }
      text += sql_[++at_];
    }
    add(SqlToken::Kind::identifier, std::move(text));
    found_.incomplete = true;
    return true;
  }

  /// Behind the string that begins here. `escapes`: a backslash is known to escape.
  void skip_string(char quote, bool escapes)
  {
    std::size_t backslashes = 0;
    const std::size_t begin = ++at_;
    for (; at_ < sql_.size(); ++at_) {
      if (peek() == '\\') {
        ++backslashes;
        continue;
      }
      const std::size_t before = std::exchange(backslashes, 0);
      if (peek() != quote)
        continue;
      if (before % 2 == 1 && escapes)
        continue;
      // Whether the string ends here depends on settings that nobody tells, or on the second byte
      // of a character being a backslash.
      const bool wide = before > 0 && at_ - before > begin &&
                        static_cast<unsigned char>(sql_[at_ - before - 1]) >= 0x80;
      if (!escapes && (before % 2 == 1 || (mysql_ && wide)))
        return stop();
      if (peek(1) != quote) {
        ++at_;
        return;
      }
      ++at_;
    }
    found_.incomplete = true;
  }

  /// "$1", "$$...$$", "$tag$...$tag$".
  bool take_dollar()
  {
    if (mysql_ || peek() != '$')
      return false;
    if (is_digit(peek(1))) {
      ++at_;
      skip_while(is_digit);
      add_literal();
      return true;
    }
    std::size_t end = at_ + 1;
    while (end < sql_.size() && is_word_char(sql_[end]) && sql_[end] != '$')
      ++end;
    const bool unfinished = end >= sql_.size();
    if (!unfinished && sql_[end] != '$')
      return false;
    add_literal();
    if (unfinished) {
      at_ = end;
      found_.incomplete = true;
      return true;
    }
    const std::string_view tag = sql_.substr(at_, end + 1 - at_);
    const std::size_t close = sql_.find(tag, end + 1);
    found_.incomplete = found_.incomplete || close == npos;
    at_ = close == npos ? sql_.size() : close + tag.size();
    return true;
  }

  bool take_number()
  {
    if (!is_digit(peek()) && !(peek() == '.' && is_digit(peek(1))))
      return false;
    while (is_word_char(peek()) || peek() == '.') {
      const bool exponent =
          upper(peek()) == 'E' && (peek(1) == '+' || peek(1) == '-') && is_digit(peek(2));
      at_ += exponent ? 2 : 1;
    }
    add_literal();
    return true;
  }

  bool take_word()
  {
    if (!is_letter(peek()) && !(mysql_ && peek() == '$'))
      return false;
    const std::size_t begin = at_;
    skip_while(is_word_char);
    const std::string_view word = sql_.substr(begin, at_ - begin);
    const bool prefix =
        peek() == '\'' && word.size() == 1 && std::string_view("EBXN").find(upper(word[0])) != npos;
    if (!prefix) {
      add(SqlToken::Kind::word, std::string(word));
      return true;
    }
    add_literal();
    skip_string('\'', !mysql_ && same_word(word, "E"));
    return true;
  }

  template <typename Predicate>
  void skip_while(Predicate holds)
  {
    while (at_ < sql_.size() && holds(sql_[at_]))
      ++at_;
  }

  std::string_view sql_;
  bool mysql_;
  std::size_t at_ = 0;
  bool spaced_ = false;
  bool stopped_ = false;
  SqlTokens found_;
};

} // namespace

bool SqlToken::is_word(std::string_view in_capitals) const
{
  return kind == Kind::word && same_word(text, in_capitals);
}

SqlTokens sql_tokens(std::string_view sql, SqlDialect dialect, bool cut)
{
  return Tokenizer(sql, dialect, cut).run();
}

} // namespace linger::decode
