// The words of GUNICORN_CMD_ARGS: quoted anew, they are the same words.

#include "discover/shell_words.h"
#include "fuzz/property.h"

namespace {

using namespace linger::discover;
using namespace linger::fuzz;

/// Between single quotation marks nothing has a meaning but the mark itself.
std::string quoted(std::string_view word)
{
  std::string text = "'";
  for (const char c : word)
    text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::string escaped(std::string_view word)
{
  std::string text = "\"";
  for (const char c : word) {
    if (c == '"' || c == '\\')
      text += '\\';
    text += c;
  }
  return text + "\"";
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  must(shell_words(quoted(text)) == std::vector{ std::string(text) }, "a quoted word is one word");
  must(shell_words(escaped(text)) == std::vector{ std::string(text) },
       "an escaped word is one word");

  const auto words = shell_words(text);
  if (!words) {
    must(words.error().kind == linger::Error::Kind::malformed, "a refusal is called malformed");
    must(text.find_first_of("\\'\"") != text.npos, "text without marks is never refused");
    return 0;
  }
  std::string again;
  for (const std::string &word : *words)
    again += quoted(word) + " ";
  must(shell_words(again) == *words, "the words quoted are the same words");
  return 0;
}
