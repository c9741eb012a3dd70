#include "discover/shell_words.h"

namespace linger::discover {

Result<std::vector<std::string>> shell_words(std::string_view text)
{
  std::vector<std::string> words;
  std::string word;
  bool in_word = false; // '' is a word, too
  char quote = '\0';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\\' && quote != '\'') {
      if (i + 1 == text.size())
        return failure(Error::Kind::malformed, "nothing follows the last backslash");
      const char next = text[++i];
      if (quote == '"' && next != '"' && next != '\\')
        word += c;
      word += next;
      in_word = true;
    } else if (quote != '\0') {
      if (c == quote)
        quote = '\0';
      else
        word += c;
    } else if (c == '\'' || c == '"') {
      quote = c;
      in_word = true;
    } else if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
      if (in_word)
        words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != '\0')
    return failure(Error::Kind::malformed, "a quotation is not closed");
  if (in_word)
    words.push_back(std::move(word));
  return words;
}

} // namespace linger::discover
