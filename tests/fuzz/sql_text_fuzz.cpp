// SQL without its data. Of the text that comes out every digit belongs to an identifier, and no
// quote but an identifier's is left.

#include "decode/sql_text.h"
#include "fuzz/property.h"

namespace {

using namespace linger::decode;
using namespace linger::fuzz;

bool is_word_char(char c)
{
  const auto byte = static_cast<unsigned char>(c);
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '$' || byte >= 0x80;
}

void check(const std::string &text, char identifier_quote)
{
  must(text.size() <= max_sql_text_bytes, "a statement is short");
  bool quoted = false;
  char before = ' ';
  for (const char c : text) {
    if (c == identifier_quote)
      quoted = !quoted;
    must(quoted || c < '0' || c > '9' || is_word_char(before), "a digit belongs to an identifier");
    must(quoted || c != '\'', "no string is left");
    must(quoted || identifier_quote == '"' || c != '"', "no string of MySQL's is left");
    must(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "a terminal acts upon nothing of it");
    before = c;
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
