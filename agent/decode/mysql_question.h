// MySQL's and MariaDB's client protocol: commands as packets with a length of 3 bytes and a
// sequence.

#pragma once

#include "decode/question.h"

#include <optional>
#include <string>

namespace linger::decode {

/// The statement of a COM_QUERY or COM_STMT_PREPARE, "prepared statement" for its execution (the
/// server gives it its number, which is not seen), a word for other commands, "connect" for the
/// handshake. nullopt when the bytes are not the protocol's.
[[nodiscard]] std::optional<std::string> mysql_question(const Question &question);

} // namespace linger::decode
