// Who is asked how much: the lines above `linger top`'s tabs.

#pragma once

#include "serve/top/screen.h"

#include <cstddef>
#include <vector>

namespace linger::serve {

/// A line a server where there is one node. Of several nodes a line each: those that do not answer
/// first, with what is wrong, then the busiest.
[[nodiscard]] std::vector<ScreenLine> load_lines(const TopState &state, std::size_t width);

} // namespace linger::serve
