// PostgreSQL's frontend protocol 3, from the client's side: its documentation, chapters "Message
// Flow" and "Message Formats".

#pragma once

#include "decode/question.h"

#include <optional>
#include <string>

namespace linger::decode {

/// The statement of a simple query, of a Parse, or of a Bind to a statement that was seen being
/// prepared; "prepared statement NAME" where it was not, "connect", "authenticate" and "COPY data"
/// for what is no statement. nullopt when the bytes are not the protocol's.
[[nodiscard]] std::optional<std::string> postgresql_question(const Question &question,
                                                             PreparedStatements &prepared);

} // namespace linger::decode
