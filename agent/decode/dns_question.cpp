#include "decode/dns_question.h"

#include "decode/byte_reader.h"

#include <array>
#include <cctype>
#include <utility>

namespace linger::decode {
namespace {

// IANA, Domain Name System (DNS) Parameters
constexpr std::array<std::pair<std::uint64_t, const char *>, 11> types{ {
    { 1, "A" },
    { 2, "NS" },
    { 5, "CNAME" },
    { 6, "SOA" },
    { 12, "PTR" },
    { 15, "MX" },
    { 16, "TXT" },
    { 28, "AAAA" },
    { 33, "SRV" },
    { 65, "HTTPS" },
    { 255, "ANY" },
} };

constexpr std::size_t max_label_bytes = 63;
constexpr std::size_t max_name_bytes = 255;

std::string type_name(std::uint64_t type)
{
  for (const auto &[number, name] : types) {
    if (number == type)
      return name;
  }
  return "TYPE" + std::to_string(type);
}

std::optional<std::string> name_of(ByteReader &reader)
{
  std::string name;
  while (true) {
    const auto size = reader.big_endian(1);
    if (!size || *size > max_label_bytes)
      return std::nullopt;
    if (*size == 0)
      return name.empty() ? "." : name;
    const auto label = reader.bytes(*size);
    if (!label || name.size() + *size + 1 > max_name_bytes)
      return std::nullopt;
    if (!name.empty())
      name += '.';
    for (const unsigned char c : *label)
      name += std::isalnum(c) != 0 || c == '-' || c == '_' ? static_cast<char>(c) : '?';
  }
}

std::optional<std::string> query_text(ByteReader reader)
{
  (void)reader.big_endian(2); // the identifier
  const auto flags = reader.big_endian(2);
  const auto questions = reader.big_endian(2);
  const auto answers = reader.big_endian(4); // and authorities
  const auto additional = reader.big_endian(2);
  constexpr std::uint64_t is_response = 0x8000;
  constexpr std::uint64_t opcode = 0x7800;
  if (!additional || (*flags & (is_response | opcode)) != 0 || *questions != 1 || *answers != 0 ||
      *additional > 2)
    return std::nullopt;
  const auto name = name_of(reader);
  const auto type = reader.big_endian(2);
  const auto network = reader.big_endian(2);
  if (!name || !network || (*network != 1 && *network != 255))
    return std::nullopt;
  return type_name(*type) + " " + *name;
}

} // namespace

std::optional<std::string> dns_question(const Question &question)
{
  ByteReader reader(question.bytes);
  if (auto text = query_text(reader))
    return text;
  const auto length = reader.big_endian(2);
  return length && *length + 2 == question.sent_bytes ? query_text(reader) : std::nullopt;
}

} // namespace linger::decode
