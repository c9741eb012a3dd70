#include "decode/tls_hello.h"

#include "decode/byte_reader.h"

#include <algorithm>
#include <cctype>
#include <string_view>

namespace linger::decode {
namespace {

constexpr std::uint64_t handshake_record = 0x16;
constexpr std::uint64_t client_hello = 1;
constexpr std::uint64_t server_name_extension = 0; // RFC 6066, section 3
constexpr std::size_t version_and_random_bytes = 34;

bool is_host_name(std::string_view name)
{
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  });
}

/// Passes over a field with its length, of `length_bytes` bytes, before it.
bool skip_field(ByteReader &reader, std::size_t length_bytes)
{
  const auto size = reader.big_endian(length_bytes);
  if (!size || *size > reader.rest().size())
    return false;
  reader.skip(*size);
  return true;
}

std::optional<std::string_view> server_name(ByteReader reader)
{
  reader.skip(version_and_random_bytes);
  // Session, cipher suites, compression methods, and the length of all extensions.
  if (!skip_field(reader, 1) || !skip_field(reader, 2) || !skip_field(reader, 1) ||
      !reader.big_endian(2))
    return std::nullopt;
  while (const auto type = reader.big_endian(2)) {
    if (*type != server_name_extension) {
      if (!skip_field(reader, 2))
        return std::nullopt;
      continue;
    }
    reader.skip(5); // lengths of the extension and of its list, and the kind of name
    const auto size = reader.big_endian(2);
    return size ? reader.bytes(*size) : std::nullopt;
  }
  return std::nullopt;
}

} // namespace

std::optional<std::string> tls_hello(const Question &question)
{
  ByteReader reader(question.bytes);
  const auto type = reader.big_endian(1);
  const auto version = reader.big_endian(2);
  const auto record_bytes = reader.big_endian(2);
  const auto message = reader.big_endian(1);
  const auto message_bytes = reader.big_endian(3);
  if (!message_bytes || *type != handshake_record || *version < 0x0300 || *version > 0x0304 ||
      *message != client_hello || *message_bytes + 4 > *record_bytes)
    return std::nullopt;
  const auto name = server_name(reader);
  if (!name || !is_host_name(*name))
    return "TLS handshake";
  return "TLS handshake with " + std::string(*name);
}

} // namespace linger::decode
