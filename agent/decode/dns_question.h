// A query to a resolver (RFC 1035, section 4).

#pragma once

#include "decode/question.h"

#include <optional>
#include <string>

namespace linger::decode {

/// Type and name: "A api.example.com", "TYPE65 example.com". With or without the length that goes
/// before it over TCP. Bytes that are no letter, digit, '-' or '_' show as '?'. nullopt when the
/// bytes are no query.
[[nodiscard]] std::optional<std::string> dns_question(const Question &question);

} // namespace linger::decode
