#pragma once

#include "base/result.h"
#include "domain/observation.h"

#include <cstddef>
#include <span>

namespace linger::decode {

/// Turns the bytes of a struct wait_record into a wait. Fails as `malformed` when size, cause or
/// times are impossible.
[[nodiscard]] Result<domain::Wait> decode_wait(std::span<const std::byte> record);

} // namespace linger::decode
