// Redis' protocol: a command is an array of bulk strings.

#pragma once

#include "decode/question.h"

#include <optional>
#include <string>

namespace linger::decode {

/// The command and nothing of its keys and values: "GET ?", "DEBUG SLEEP ?", "HGETALL ? (pipeline)"
/// when others follow. nullopt when the bytes are not the protocol's.
[[nodiscard]] std::optional<std::string> redis_question(const Question &question);

} // namespace linger::decode
