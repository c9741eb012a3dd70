#include "python/text.h"

#include <array>
#include <cstring>
#include <fmt/format.h>
#include <vector>

namespace linger::python {
namespace {

constexpr std::uint32_t replacement = 0xfffd;

bool is_control(std::uint32_t character)
{
  constexpr std::uint32_t line_separator = 0x2028;
  constexpr std::uint32_t paragraph_separator = 0x2029;
  return character < 0x20 || (character >= 0x7f && character < 0xa0) ||
         character == line_separator || character == paragraph_separator ||
         (character >= 0x200b && character <= 0x200f) || // zero width and direction
         (character >= 0x202a && character <= 0x202e) ||
         (character >= 0x2066 && character <= 0x2069) || character == 0xfeff;
}

void append(std::string &text, std::uint32_t character)
{
  const auto put = [&text](std::uint32_t byte) { text += static_cast<char>(byte); };
  const auto put_rest = [&put, character](unsigned shift) {
    put(0x80U | ((character >> shift) & 0x3fU));
  };
  if (is_control(character)) {
    text += '?';
  } else if (character < 0x80) {
    put(character);
  } else if (character < 0x800) {
    put(0xc0U | (character >> 6U));
    put_rest(0);
  } else if ((character >= 0xd800 && character < 0xe000) || character > 0x10ffff) {
    append(text, replacement);
  } else if (character < 0x10000) {
    put(0xe0U | (character >> 12U));
    put_rest(6);
    put_rest(0);
  } else {
    put(0xf0U | (character >> 18U));
    put_rest(12);
    put_rest(6);
    put_rest(0);
  }
}

/// The word behind a str's hash.
struct State {
  explicit State(std::uint32_t word)
      : character_bytes((word >> 2U) & 7U), compact((word & 0x20U) != 0), ascii((word & 0x40U) != 0)
  {
  }

  unsigned character_bytes;
  bool compact;
  bool ascii;
};

} // namespace

std::string utf8_of(std::span<const std::byte> characters, unsigned character_bytes)
{
  std::string text;
  if (character_bytes != 1 && character_bytes != 2 && character_bytes != 4)
    return text;
  for (; characters.size() >= character_bytes; characters = characters.subspan(character_bytes)) {
    std::uint32_t character = 0;
    std::memcpy(&character, characters.data(), character_bytes);
    append(text, character);
  }
  return text;
}

Result<std::string> read_text(const Memory &memory, const Layout &layout, std::uint64_t address)
{
  std::array<std::byte, unicode_state + sizeof(std::uint32_t)> head{};
  if (const auto done = memory.read(address, head); !done)
    return tl::unexpected(done.error());
  std::uint64_t length = 0;
  std::uint32_t word = 0;
  std::memcpy(&length, head.data() + unicode_length, sizeof length);
  std::memcpy(&word, head.data() + unicode_state, sizeof word);

  const State state{ word };
  const bool known_width =
      state.character_bytes == 1 || state.character_bytes == 2 || state.character_bytes == 4;
  if (!state.compact || !known_width || length > most_characters)
    return failure(Error::Kind::malformed, fmt::format("no str at {:#x}", address));

  std::vector<std::byte> characters(length * state.character_bytes);
  const std::uint64_t text = address + (state.ascii ? layout.ascii_text : layout.unicode_text);
  if (const auto done = memory.read(text, characters); !done)
    return tl::unexpected(done.error());
  return utf8_of(characters, state.character_bytes);
}

} // namespace linger::python
