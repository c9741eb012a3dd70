#pragma once

#include "base/result.h"
#include "domain/observation.h"

#include <cstddef>
#include <span>

namespace linger::decode {

/// Turns the bytes of a struct process_record into an event. Fails as `malformed` when the size or
/// the event is not one that this build knows.
[[nodiscard]] Result<domain::ProcessEvent> decode_process(std::span<const std::byte> record);

} // namespace linger::decode
