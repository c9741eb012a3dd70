#include "decode/redis_question.h"

#include "decode/byte_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <string_view>

namespace linger::decode {
namespace {

constexpr std::string_view end_of_line = "\r\n";
constexpr std::size_t max_command_bytes = 24;

// Commands whose first argument is a command too, and no key.
constexpr std::array<std::string_view, 16> containers{
  "ACL",    "CLIENT", "CLUSTER", "COMMAND", "CONFIG", "DEBUG",  "FUNCTION", "LATENCY",
  "MEMORY", "MODULE", "OBJECT",  "PUBSUB",  "SCRIPT", "XGROUP", "XINFO",    "SLOWLOG",
};

/// The number behind `mark`: "*3\r\n", "$4\r\n".
std::optional<std::uint64_t> count(ByteReader &reader, std::string_view mark)
{
  const auto begin = reader.bytes(1);
  if (!begin || *begin != mark)
    return std::nullopt;
  const auto digits = reader.until(end_of_line);
  std::uint64_t value = 0;
  const char *end = digits.text.data() + digits.text.size();
  const auto [parsed, error] = std::from_chars(digits.text.data(), end, value);
  if (digits.cut || error != std::errc() || parsed != end || value > (1ULL << 32))
    return std::nullopt;
  return value;
}

/// A word in capitals; empty for what is none.
std::string command_word(ByteReader &reader)
{
  const auto size = count(reader, "$");
  if (!size || *size == 0 || *size > max_command_bytes)
    return {};
  const auto word = reader.bytes(*size);
  if (!word || !std::ranges::all_of(*word, [](unsigned char c) {
        return std::isalpha(c) != 0 || c == '_' || c == '.' || c == '-';
      }))
    return {};
  std::string upper;
  for (const unsigned char c : *word)
    upper += static_cast<char>(std::toupper(c));
  reader.skip(end_of_line.size());
  return upper;
}

struct Command {
  std::string name;
  std::string text;
};

/// nullopt when no command begins here or its name is cut off. Passes over what is captured of it.
std::optional<Command> next_command(ByteReader &reader)
{
  const auto arguments = count(reader, "*");
  if (!arguments || *arguments == 0)
    return std::nullopt;
  Command command;
  command.name = command_word(reader);
  if (command.name.empty())
    return std::nullopt;
  command.text = command.name;
  std::uint64_t left = *arguments - 1;
  if (left > 0 && std::ranges::find(containers, command.name) != containers.end()) {
    ByteReader ahead = reader;
    if (const std::string word = command_word(ahead); !word.empty()) {
      command.text += " " + word;
      reader = ahead;
      --left;
    }
  }
  if (left > 0)
    command.text += " ?";
  for (; left > 0 && !reader.rest().empty(); --left) {
    const auto size = count(reader, "$");
    if (!size)
      return command;
    reader.skip(*size + end_of_line.size());
  }
  return command;
}

} // namespace

std::optional<std::string> redis_question(const Question &question)
{
  ByteReader reader(question.bytes);
  auto command = next_command(reader);
  if (!command)
    return std::nullopt;
  // MULTI frames a transaction; what is waited for is what stands in it.
  if (command->name == "MULTI") {
    if (auto first = next_command(reader))
      command = std::move(first);
  }
  const bool more = reader.rest().starts_with('*');
  return command->text + (more ? " (pipeline)" : "");
}

} // namespace linger::decode
