#include "serve/crc32c.h"

#include <array>

namespace linger::serve {
namespace {

constexpr std::array<std::uint32_t, 256> make_table()
{
  constexpr std::uint32_t polynomial = 0x82f63b78; // bits reversed
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < table.size(); ++byte) {
    std::uint32_t rest = byte;
    for (int bit = 0; bit < 8; ++bit)
      rest = (rest & 1U) != 0 ? rest >> 1U ^ polynomial : rest >> 1U;
    table[byte] = rest;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> table = make_table();

} // namespace

std::uint32_t crc32c(std::string_view bytes)
{
  std::uint32_t rest = ~0U;
  for (const char byte : bytes)
    rest = table[(rest ^ static_cast<unsigned char>(byte)) & 0xffU] ^ rest >> 8U;
  return ~rest;
}

} // namespace linger::serve
