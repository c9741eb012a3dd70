// The first message of a TLS connection (RFC 8446, 4.1.2), which is not encrypted.

#pragma once

#include "decode/question.h"

#include <optional>
#include <string>

namespace linger::decode {

/// "TLS handshake with api.example.com", without the name where the client states none or the
/// captured bytes do not reach it. nullopt when the bytes begin no ClientHello.
[[nodiscard]] std::optional<std::string> tls_hello(const Question &question);

} // namespace linger::decode
