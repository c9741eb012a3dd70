#pragma once

#include "base/result.h"
#include "domain/observation.h"

#include <cstddef>
#include <span>

namespace linger::decode {

/// Turns the bytes of a struct request_record into a request. Fails as `malformed` when the size is
/// not that of a record with as many head bytes as it states, or when the times contradict each
/// other. Of the captured bytes only method, path, status and the trace context leave this
/// function; bytes that are no request of HTTP or the uwsgi protocol give method "-" and no path.
[[nodiscard]] Result<domain::Request> decode_request(std::span<const std::byte> record);

} // namespace linger::decode
