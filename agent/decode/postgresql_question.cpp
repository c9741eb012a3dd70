#include "decode/postgresql_question.h"

#include "decode/byte_reader.h"
#include "decode/sql_text.h"

#include <algorithm>
#include <string_view>

namespace linger::decode {
namespace {

constexpr std::string_view frontend_types = "BCDEFHPQSXcdfp";
constexpr std::uint64_t startup_3_0 = 0x00030000;
constexpr std::uint64_t ssl_request = 80877103;
constexpr std::uint64_t gss_request = 80877104;
constexpr std::uint64_t cancel_request = 80877102;

std::optional<std::string> untyped(const Question &question)
{
  ByteReader reader(question.bytes);
  const auto length = reader.big_endian(4);
  const auto code = reader.big_endian(4);
  if (!code || *length > question.sent_bytes)
    return std::nullopt;
  switch (*code) {
    case startup_3_0:
      return "connect";
    case ssl_request:
    case gss_request:
      return "connect, asking for encryption";
    case cancel_request:
      return "cancel";
    default:
      return std::nullopt;
  }
}

/// A name that a driver has made, or that someone has given: an identifier of at most 63 bytes.
bool is_name(std::string_view name)
{
  return !name.empty() && name.size() <= 63 && !(name[0] >= '0' && name[0] <= '9') &&
         std::ranges::all_of(name, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '_';
         });
}

std::string bound_to(std::string_view statement, bool cut, std::uint64_t connection,
                     const PreparedStatements &prepared)
{
  if (const std::string *text = prepared.find(connection, std::string(statement)); text && !cut)
    return *text;
  return is_name(statement) && !cut ? "prepared statement " + std::string(statement)
                                    : "prepared statement";
}

struct Message {
  char type = 0;
  ByteReader body;
  /// It goes on behind the captured bytes.
  bool cut = false;
};

/// nullopt for types that say nothing by themselves: Sync, Describe, Execute.
std::optional<std::string> text_of(Message &message, std::uint64_t connection,
                                   PreparedStatements &prepared)
{
  switch (message.type) {
    case 'Q': {
      const auto sql = message.body.until(std::string_view("\0", 1));
      return normalised_sql(sql.text, SqlDialect::postgresql, sql.cut);
    }
    case 'P': {
      const auto name = message.body.until(std::string_view("\0", 1));
      const auto sql = message.body.until(std::string_view("\0", 1));
      std::string text = normalised_sql(sql.text, SqlDialect::postgresql, sql.cut);
      if (!name.cut)
        prepared.remember(connection, std::string(name.text), text);
      return text;
    }
    case 'B': {
      (void)message.body.until(std::string_view("\0", 1)); // the portal
      const auto statement = message.body.until(std::string_view("\0", 1));
      return bound_to(statement.text, statement.cut, connection, prepared);
    }
    case 'F':
      return "function call";
    case 'p':
      return "authenticate";
    case 'd':
    case 'c':
    case 'f':
      return "COPY data";
    default:
      return std::nullopt;
  }
}

/// The next message of `left` bytes still to come, captured or not; nullopt where none can begin.
std::optional<Message> next_message(ByteReader &reader, std::uint64_t &left)
{
  const auto type = reader.bytes(1);
  const auto length = reader.big_endian(4);
  if (!length || frontend_types.find(type->front()) == std::string_view::npos || *length < 4 ||
      *length + 1 > left)
    return std::nullopt;
  left -= *length + 1;
  const std::size_t body_bytes = *length - 4;
  const std::string_view body = reader.rest().substr(0, body_bytes);
  reader.skip(body_bytes);
  return Message{ type->front(), ByteReader(body), body.size() < body_bytes };
}

} // namespace

std::optional<std::string> postgresql_question(const Question &question,
                                               PreparedStatements &prepared)
{
  if (auto text = untyped(question))
    return text;
  ByteReader reader(question.bytes);
  std::uint64_t left = question.sent_bytes;
  bool any = false;
  while (auto message = next_message(reader, left)) {
    any = true;
    // Another message may follow, or nothing: anything else is another protocol.
    if (!reader.rest().empty() &&
        frontend_types.find(reader.rest().front()) == std::string_view::npos)
      return std::nullopt;
    if (auto text = text_of(*message, question.connection, prepared))
      return text;
  }
  if (!any)
    return std::nullopt;
  return std::string{};
}

} // namespace linger::decode
