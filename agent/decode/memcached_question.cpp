#include "decode/memcached_question.h"

#include "decode/byte_reader.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace linger::decode {
namespace {

constexpr std::array<std::string_view, 17> with_key{
  "get", "gets",   "gat",  "gats", "set",   "add", "replace", "append", "prepend",
  "cas", "delete", "incr", "decr", "touch", "mg",  "ms",      "md",
};
constexpr std::array<std::string_view, 6> alone{
  "stats", "version", "flush_all", "verbosity", "mn", "quit",
};

std::optional<std::string> text_command(std::string_view text)
{
  const std::size_t end = text.find_first_of(" \r\n");
  if (end == std::string_view::npos)
    return std::nullopt;
  const std::string_view word = text.substr(0, end);
  if (text[end] == ' ' && std::ranges::find(with_key, word) != with_key.end())
    return std::string(word) + " ?";
  if (std::ranges::find(alone, word) != alone.end())
    return std::string(word);
  return std::nullopt;
}

constexpr std::array<std::pair<unsigned char, std::string_view>, 23> opcodes{ {
    { 0x00, "get ?" },        { 0x01, "set ?" },        { 0x02, "add ?" },
    { 0x03, "replace ?" },    { 0x04, "delete ?" },     { 0x05, "incr ?" },
    { 0x06, "decr ?" },       { 0x07, "quit" },         { 0x08, "flush_all" },
    { 0x09, "get ?" },        { 0x0a, "noop" },         { 0x0b, "version" },
    { 0x0c, "get ?" },        { 0x0d, "get ?" },        { 0x0e, "append ?" },
    { 0x0f, "prepend ?" },    { 0x10, "stats" },        { 0x11, "set ?" },
    { 0x1c, "touch ?" },      { 0x1d, "gat ?" },        { 0x20, "authenticate" },
    { 0x21, "authenticate" }, { 0x22, "authenticate" },
} };

std::optional<std::string> binary_command(const Question &question)
{
  ByteReader reader(question.bytes);
  constexpr std::uint64_t header_bytes = 24;
  const auto magic = reader.big_endian(1);
  const auto opcode = reader.big_endian(1);
  const auto key_bytes = reader.big_endian(2);
  const auto extras_bytes = reader.big_endian(1);
  const auto data_type = reader.big_endian(1);
  (void)reader.big_endian(2); // the bucket
  const auto body_bytes = reader.big_endian(4);
  if (!body_bytes || *magic != 0x80 || *data_type != 0 ||
      *key_bytes + *extras_bytes > *body_bytes || *body_bytes + header_bytes > question.sent_bytes)
    return std::nullopt;
  const auto *known =
      std::ranges::find_if(opcodes, [&](const auto &entry) { return entry.first == *opcode; });
  if (known == opcodes.end())
    return std::nullopt;
  return std::string(known->second);
}

} // namespace

std::optional<std::string> memcached_question(const Question &question)
{
  if (auto text = text_command(ByteReader(question.bytes).rest()))
    return text;
  return binary_command(question);
}

} // namespace linger::decode
