// SQL without its data. Of the text that comes out every digit belongs to an identifier, and no
// quote but an identifier's is left.

#include "decode/sql_text.h"
#include "fuzz/property.h"

#include <cctype>

namespace {

using namespace linger::decode;
using namespace linger::fuzz;

bool is_word_char(char c)
{
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || c == '_' || c == '$' || byte >= 0x80;
}

void check(const std::string &text, char identifier_quote)
{
  must(text.size() <= max_sql_text_bytes, "a statement is short");
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    must(c >= 0x20 && c != 0x7f, "a terminal acts upon nothing of it");
    if (text[i] == identifier_quote)
      quoted = !quoted;
    if (quoted)
      continue;
    if (std::isdigit(c) != 0)
      must(i > 0 && is_word_char(text[i - 1]), "a digit belongs to an identifier");
    must(c != '\'', "no string is left");
    must(identifier_quote == '"' || c != '"', "no string of MySQL's is left");
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view sql = text_of(data, size);
  for (const bool cut : { false, true }) {
    check(normalised_sql(sql, SqlDialect::postgresql, cut), '"');
    check(normalised_sql(sql, SqlDialect::mysql, cut), '`');
  }
  return 0;
}
