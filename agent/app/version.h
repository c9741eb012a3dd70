#pragma once

#include <string_view>

namespace linger::app {

/// The project's version in the top CMakeLists.txt; a test compares the two.
inline constexpr std::string_view version = "0.1.0";

} // namespace linger::app
