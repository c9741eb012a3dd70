// Durations as people write them on a command line.

#pragma once

#include "base/result.h"
#include "domain/time.h"

#include <string_view>

namespace linger::app {

/// "500ms", "30s", "1.5m", "1h": a positive decimal number and its unit, one of us, ms, s, m, h.
/// Fails as `usage` for anything else, and for more than `max`.
[[nodiscard]] Result<domain::Nanos> parse_duration(std::string_view text, domain::Nanos max);

} // namespace linger::app
