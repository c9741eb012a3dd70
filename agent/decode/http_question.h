// A request to another HTTP service.

#pragma once

#include "decode/question.h"

#include <optional>
#include <string>

namespace linger::decode {

/// Method and route: "POST /pay/{}". No query string, no header. Where the capture ends within the
/// path, its last segment is not shown. nullopt when the bytes begin no HTTP/1 request.
[[nodiscard]] std::optional<std::string> http_question(const Question &question);

} // namespace linger::decode
