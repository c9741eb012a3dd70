// Whether a thread waits for a connection of a pool. Pure.

#pragma once

#include "python/symbolizer.h"

#include <span>
#include <string_view>

namespace linger::python {

/// The library in whose pool of connections a thread with this stack, innermost first, waits until
/// another one gives a connection back: "SQLAlchemy". Empty where it waits for something else, such
/// as a connection that is being opened.
[[nodiscard]] std::string_view waited_pool(std::span<const Frame> stack);

} // namespace linger::python
