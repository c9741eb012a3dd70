#include "decode/sql_text.h"

#include "decode/sql_tokens.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace linger::decode {
namespace {

using Tokens = std::vector<SqlToken>;

bool is_any_of(const SqlToken &token, std::string_view symbols)
{
  return token.kind == SqlToken::Kind::symbol && symbols.find(token.text) != std::string_view::npos;
}

bool is_constant(const SqlToken &token)
{
  return token.is_word("NULL") || token.is_word("TRUE") || token.is_word("FALSE");
}

/// One literal for each value: its sign, what it is joined from, and constants where values stand.
Tokens with_plain_values(const Tokens &tokens)
{
  Tokens plain;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const SqlToken &token = tokens[i];
    const bool value_place = !plain.empty() && is_any_of(plain.back(), "=<>(,");
    const bool sign = is_any_of(token, "+-") && value_place && i + 1 < tokens.size() &&
                      tokens[i + 1].is_literal();
    if (token.is_literal() && !plain.empty() && plain.back().is_literal())
      continue;
    if (sign) {
      plain.push_back({ SqlToken::Kind::literal, "?", token.spaced });
      continue;
    }
    plain.push_back(token);
    if (is_constant(token) && value_place)
      plain.back() = { SqlToken::Kind::literal, "?", token.spaced };
  }
  return plain;
}

/// The place behind the bracket that closes the one at `open`; nullopt when none does.
std::optional<std::size_t> behind_group(const Tokens &tokens, std::size_t open)
{
  std::size_t depth = 0;
  for (std::size_t i = open; i < tokens.size(); ++i) {
    if (is_any_of(tokens[i], "(["))
      ++depth;
    else if (is_any_of(tokens[i], ")]") && --depth == 0)
      return i + 1;
  }
  return std::nullopt;
}

bool begins_list(const Tokens &tokens, std::size_t open)
{
  if (open == 0 || !is_any_of(tokens[open], "(["))
    return false;
  const SqlToken &before = tokens[open - 1];
  return before.is_word("IN") || before.is_word("VALUES") || before.is_word("VALUE") ||
         before.is_word("ARRAY");
}

/// "IN (?, ?, ?)" is "IN (?)", also where the rest of the list is cut off.
void join_literals(Tokens &tokens)
{
  for (std::size_t open = 0; open < tokens.size(); ++open) {
    if (!begins_list(tokens, open))
      continue;
    std::size_t end = open + 1;
    while (end < tokens.size() && (tokens[end].is_literal() || tokens[end].is(',')))
      ++end;
    const bool cut_off = end == tokens.size();
    if (!cut_off && !is_any_of(tokens[end], ")]"))
      continue;
    const bool bracket = tokens[open].is('[');
    const auto first = tokens.begin() + static_cast<std::ptrdiff_t>(open);
    tokens.erase(first + 1, tokens.begin() + static_cast<std::ptrdiff_t>(end));
    tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(open) + 1,
                  { SqlToken::Kind::literal, "?", false });
    if (cut_off)
      tokens.push_back({ SqlToken::Kind::symbol, bracket ? "]" : ")", false });
  }
}

bool is_literal_row(const Tokens &tokens, std::size_t open, std::size_t end)
{
  return std::all_of(tokens.begin() + static_cast<std::ptrdiff_t>(open) + 1,
                     tokens.begin() + static_cast<std::ptrdiff_t>(end), [](const SqlToken &token) {
                       return token.is_literal() || is_any_of(token, ",)");
                     });
}

/// Whether [left, right) and the tokens at `right` on are the same, or are as far as these go.
bool repeats(const Tokens &tokens, std::size_t left, std::size_t left_end, std::size_t right,
             std::size_t right_end)
{
  for (std::size_t i = 0; left + i < left_end && right + i < right_end; ++i) {
    if (tokens[left + i].text != tokens[right + i].text)
      return false;
  }
  return true;
}

/// "VALUES (?), (?, ?)" is "VALUES (?)", and so is any row that looks like the one before.
void join_rows(Tokens &tokens)
{
  for (std::size_t open = 0; open < tokens.size(); ++open) {
    if (!tokens[open].is('('))
      continue;
    const std::optional<std::size_t> end = behind_group(tokens, open);
    if (!end)
      return;
    while (*end + 1 < tokens.size() && tokens[*end].is(',') && tokens[*end + 1].is('(')) {
      const std::size_t next = *end + 1;
      const std::size_t next_end = behind_group(tokens, next).value_or(tokens.size());
      const bool plain =
          is_literal_row(tokens, open, *end) && is_literal_row(tokens, next, next_end);
      if (!plain && !repeats(tokens, open, *end, next, next_end))
        break;
      tokens.erase(tokens.begin() + static_cast<std::ptrdiff_t>(*end),
                   tokens.begin() + static_cast<std::ptrdiff_t>(next_end));
    }
  }
}

std::string text_of(const Tokens &tokens)
{
  std::string text;
  for (const SqlToken &token : tokens) {
    if (token.spaced && !text.empty())
      text += ' ';
    text += token.text;
  }
  while (text.ends_with(';') || text.ends_with(' '))
    text.pop_back();
  return text;
}

} // namespace

std::string normalised_sql(std::string_view sql, SqlDialect dialect, bool cut)
{
  SqlTokens read = sql_tokens(sql, dialect, cut);
  Tokens tokens = with_plain_values(read.tokens);
  join_literals(tokens);
  join_rows(tokens);
  std::string text = text_of(tokens);

  constexpr std::string_view ellipsis = "…";
  if (text.size() > max_sql_text_bytes - ellipsis.size() - 1) {
    text.resize(max_sql_text_bytes - ellipsis.size() - 1);
    while (!text.empty() && static_cast<unsigned char>(text.back()) >= 0x80)
      text.pop_back(); // not within a character
    read.incomplete = true;
  }
  if (!text.empty() && read.incomplete)
    text += (text.ends_with(' ') ? "" : " ") + std::string(ellipsis);
  return text;
}

} // namespace linger::decode
