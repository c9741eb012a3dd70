#include "serve/escape.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <fmt/format.h>

namespace linger::serve {
namespace {

struct Character {
  char32_t code = 0;
  /// 0 when the bytes begin no character.
  std::size_t size = 0;
};

bool continues(std::string_view text, std::size_t i)
{
  return i < text.size() && (static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80U;
}

Character first_character(std::string_view text)
{
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80)
    return { lead, 1 };

  const std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4)
    return {};
  char32_t code = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if (!continues(text, i))
      return {};
    code = code << 6U | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  constexpr std::array<char32_t, 5> least{ 0, 0, 0x80, 0x800, 0x10000 };
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < least[size] || code > 0x10ffff || surrogate)
    return {};
  return { code, size };
}

struct Range {
  char32_t first;
  char32_t last;
};

bool is_harmless(char32_t code)
{
  static constexpr std::array<Range, 14> harmful{ {
      { 0x00, 0x1f },       // C0 controls, among them escape
      { 0x7f, 0x9f },       // delete and the C1 controls, among them CSI
      { 0xad, 0xad },       // soft hyphen
      { 0x061c, 0x061c },   // direction mark
      { 0x115f, 0x1160 },   // fillers without ink
      { 0x180e, 0x180e },   // no width
      { 0x200b, 0x200f },   // no width, direction marks
      { 0x2028, 0x202e },   // line separators, direction overrides
      { 0x2060, 0x206f },   // no width, direction isolates
      { 0x3164, 0x3164 },   // filler without ink
      { 0xfe00, 0xfe0f },   // variation selectors
      { 0xfeff, 0xfeff },   // byte order mark
      { 0xfff9, 0xfffb },   // annotations
      { 0xe0000, 0xe0fff }, // tags
  } };
  return std::ranges::none_of(
      harmful, [code](const Range &range) { return code >= range.first && code <= range.last; });
}

template <typename Keep>
std::string escaped(std::string_view text, Keep keep)
{
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Character next = first_character(text);
    const std::size_t size = std::max<std::size_t>(next.size, 1);
    if (next.size != 0 && keep(next.code))
      result += text.substr(0, size);
    else if (next.size <= 1)
      result += fmt::format("\\x{:02x}", static_cast<unsigned char>(text.front()));
    else
      result += fmt::format("\\u{{{:04x}}}", static_cast<std::uint32_t>(next.code));
    text.remove_prefix(size);
  }
  return result;
}

} // namespace

std::string valid_utf8(std::string_view text)
{
  return escaped(text, [](char32_t) { return true; });
}

std::string printable(std::string_view text)
{
  return escaped(text, is_harmless);
}

std::size_t width_of(std::string_view text)
{
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char byte) { return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U; }));
}

std::size_t bytes_of(std::string_view text, std::size_t characters)
{
  std::size_t i = 0;
  while (i < text.size() && characters > 0) {
    ++i;
    while (continues(text, i))
      ++i;
    --characters;
  }
  return i;
}

} // namespace linger::serve
