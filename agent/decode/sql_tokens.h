// SQL cut into tokens, as far as is needed to tell data from the rest.

#pragma once

#include "decode/sql_text.h"

#include <string>
#include <string_view>
#include <vector>

namespace linger::decode {

struct SqlToken {
  enum class Kind {
    word,       // a keyword or an identifier
    identifier, // one in quotes, which are part of `text`
    literal,    // `text` is "?"
    symbol,     // one character
  };
  Kind kind = Kind::symbol;
  std::string text;
  /// White space or a comment stands before it.
  bool spaced = false;

  [[nodiscard]] bool is(char symbol) const
  {
    return kind == Kind::symbol && text.size() == 1 && text.front() == symbol;
  }
  [[nodiscard]] bool is_literal() const { return kind == Kind::literal; }
  /// Not case-sensitive; `upper` is in capitals.
  [[nodiscard]] bool is_word(std::string_view upper) const;
};

struct SqlTokens {
  std::vector<SqlToken> tokens;
  /// The text ends, or cannot be read on with certainty, before the statement ends.
  bool incomplete = false;
};

[[nodiscard]] SqlTokens sql_tokens(std::string_view sql, SqlDialect dialect, bool cut);

} // namespace linger::decode
