// The request that Apache sends to one of mod_wsgi's daemon processes: 64 bits with the length of
// what follows, 64 bits with the number of strings, then those, each with a NUL at its end: names
// and values as WSGI has them, in turns. Both numbers are the machine's own. (Seen of
// mod_wsgi 4.9.)

#pragma once

#include "decode/http_head.h"

#include <cstddef>
#include <optional>
#include <span>

namespace linger::decode {

/// Method and path from as many bytes as were captured. The path is that of REQUEST_URI, or else
/// "/" and truncated: a long query string, which comes before it, leaves no room. nullopt when the
/// bytes are no such request or end before the method is told.
[[nodiscard]] std::optional<RequestLine> decode_mod_wsgi_vars(std::span<const std::byte> bytes);

} // namespace linger::decode
