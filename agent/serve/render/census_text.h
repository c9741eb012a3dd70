#pragma once

#include "linger/v1/census.pb.h"
#include "serve/render/style.h"

#include <string>

namespace linger::serve {

/// What grew and what is held, where that was asked for, else the types as a table; then how the
/// heap was copied and how far the counts can be trusted.
[[nodiscard]] std::string census_text(const v1::Census &census, const TextOptions &options);

} // namespace linger::serve
