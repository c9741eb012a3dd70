#include "decode/mysql_question.h"

#include "decode/byte_reader.h"
#include "decode/sql_text.h"

#include <algorithm>
#include <string_view>

namespace linger::decode {
namespace {

// include/my_command.h of MySQL
enum Command : unsigned char {
  quit = 0x01,
  init_db = 0x02,
  query = 0x03,
  field_list = 0x04,
  ping = 0x0e,
  change_user = 0x11,
  stmt_prepare = 0x16,
  stmt_execute = 0x17,
  stmt_send_long_data = 0x18,
  stmt_close = 0x19,
  stmt_reset = 0x1a,
  set_option = 0x1b,
  stmt_fetch = 0x1c,
  reset_connection = 0x1f,
};

constexpr std::size_t packet_header_bytes = 4;
// Capabilities, packet size, character set and filler of a handshake response.
constexpr std::uint64_t min_handshake_bytes = 32;

/// Query attributes (MySQL 8.0.23) stand before the statement: no parameters, one set of them. With
/// parameters it begins behind what cannot be told from it.
std::optional<std::string> statement(std::string_view payload, bool cut)
{
  if (payload.starts_with(std::string_view("\0\1", 2)))
    payload.remove_prefix(2);
  const bool plausible = !payload.empty() && (payload[0] >= 0x20 || payload[0] == '\n' ||
                                              payload[0] == '\t' || payload[0] == '\r');
  if (!plausible)
    return "query";
  return normalised_sql(payload, SqlDialect::mysql, cut);
}

std::optional<std::string> command_text(unsigned char command, std::string_view payload, bool cut)
{
  switch (command) {
    case quit:
      return "quit";
    case init_db:
      return "USE ?";
    case query:
    case stmt_prepare:
      return statement(payload, cut);
    case field_list:
      return "list of columns";
    case ping:
      return "ping";
    case change_user:
      return "authenticate";
    case stmt_execute:
      return "prepared statement";
    case stmt_reset:
    case set_option:
    case reset_connection:
      return "reset";
    case stmt_fetch:
      return "fetch";
    default:
      return std::nullopt;
  }
}

} // namespace

std::optional<std::string> mysql_question(const Question &question)
{
  ByteReader reader(question.bytes);
  std::uint64_t left = question.sent_bytes;
  while (true) {
    const auto length = reader.little_endian(3);
    const auto sequence = reader.big_endian(1);
    const auto command = reader.big_endian(1);
    if (!command || *length == 0 || *length + packet_header_bytes > left)
      return std::nullopt;
    left -= *length + packet_header_bytes;
    const std::size_t payload_bytes = *length - 1;
    const std::string_view payload = reader.rest().substr(0, payload_bytes);
    if (*sequence == 1 && left == 0 && *length >= min_handshake_bytes)
      return "connect";
    if (*sequence != 0)
      return std::nullopt;
    // These two get no answer: what is waited for comes behind them.
    if (*command != stmt_close && *command != stmt_send_long_data)
      return left == 0 ? command_text(static_cast<unsigned char>(*command), payload,
                                      payload.size() < payload_bytes)
                       : std::nullopt;
    reader.skip(payload_bytes);
  }
}

} // namespace linger::decode
