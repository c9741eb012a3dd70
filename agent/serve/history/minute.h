// A minute of the history, and the bytes it is kept as.

#pragma once

#include "base/result.h"
#include "domain/quantile_sketch.h"
#include "domain/report.h"
#include "linger/history/v1/minute.pb.h"

#include <string>
#include <string_view>

namespace linger::serve {

[[nodiscard]] history::v1::Minute to_minute(const domain::Report &report);

/// Its sketch of an endpoint's wall times; an empty one where it has none that makes sense.
[[nodiscard]] domain::QuantileSketch wall_of(const history::v1::Minute &minute, int endpoint);

/// Compressed.
[[nodiscard]] std::string packed(const history::v1::Minute &minute);
/// Fails as `malformed`. Bounded, whatever the bytes are.
[[nodiscard]] Result<history::v1::Minute> unpacked(std::string_view bytes);

} // namespace linger::serve
