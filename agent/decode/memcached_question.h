// memcached's protocols, the text one and the binary one (doc/protocol.txt and
// doc/protocol-binary.xml of memcached).

#pragma once

#include "decode/question.h"

#include <optional>
#include <string>

namespace linger::decode {

/// The command and nothing of its keys and values: "get ?". nullopt when the bytes are not the
/// protocol's.
[[nodiscard]] std::optional<std::string> memcached_question(const Question &question);

} // namespace linger::decode
