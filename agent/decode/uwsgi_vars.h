// The request in a packet of the uwsgi protocol, which nginx (uwsgi_pass) and uWSGI's own routers
// speak: pairs of names and values as WSGI has them, each with its length in front, 16 bits, the
// low byte first.

#pragma once

#include "decode/http_head.h"

#include <cstddef>
#include <optional>
#include <span>

namespace linger::decode {

/// Method and path from as many bytes of the pairs as were captured, the packet's header not among
/// them. The path is that of REQUEST_URI, or else PATH_INFO; truncated when the bytes end inside of
/// it. nullopt when the bytes are no such pairs or end before both are told.
[[nodiscard]] std::optional<RequestLine> decode_uwsgi_vars(std::span<const std::byte> vars);

} // namespace linger::decode
