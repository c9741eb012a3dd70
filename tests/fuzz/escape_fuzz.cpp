// Text from watched processes on its way to messages and terminals, judged by the C library's own
// reading of UTF-8.

#include "fuzz/property.h"
#include "serve/escape.h"

#include <iconv.h>
#include <optional>

namespace {

using namespace linger::serve;
using namespace linger::fuzz;

/// nullopt when `text` is no UTF-8.
std::optional<std::u32string> characters_of(std::string text)
{
  static const iconv_t converter = ::iconv_open("UTF-32LE", "UTF-8");
  ::iconv(converter, nullptr, nullptr, nullptr, nullptr);
  std::u32string characters(text.size(), U'\0');
  char *from = text.data();
  char *to = reinterpret_cast<char *>(characters.data());
  std::size_t from_bytes = text.size(), to_bytes = characters.size() * sizeof(char32_t);
  if (::iconv(converter, &from, &from_bytes, &to, &to_bytes) == static_cast<std::size_t>(-1))
    return std::nullopt;
  characters.resize(characters.size() - to_bytes / sizeof(char32_t));
  return characters;
}

bool acts_on_a_terminal(char32_t code)
{
  const bool is_control = code < 0x20 || (code >= 0x7f && code < 0xa0);
  const bool turns_direction = (code >= 0x202a && code <= 0x202e) ||
                               (code >= 0x2066 && code <= 0x2069) || code == 0x200e ||
                               code == 0x200f || code == 0x061c;
  const bool breaks_line = code == 0x2028 || code == 0x2029;
  return is_control || turns_direction || breaks_line;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string text(text_of(data, size));
  const std::string valid = valid_utf8(text);
  must(characters_of(valid).has_value(), "valid_utf8() is UTF-8");
  must(valid_utf8(valid) == valid, "what is valid stays");
  must(!characters_of(text) || valid == text, "UTF-8 stays as it is");

  const std::string shown = printable(text);
  const auto characters = characters_of(shown);
  must(characters.has_value(), "printable() is UTF-8");
  must(std::ranges::none_of(*characters, acts_on_a_terminal), "a terminal acts upon nothing of it");
  must(printable(shown) == shown, "what is printable stays");
  must(width_of(shown) == characters->size(), "a character is one wide");
  return 0;
}
