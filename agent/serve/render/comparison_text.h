#pragma once

#include "linger/v1/comparison.pb.h"
#include "serve/render/style.h"

#include <string>

namespace linger::serve {

/// What regressed, what improved, which findings are new or gone; then every endpoint as a table,
/// at most `options.endpoints` of those that did not change.
[[nodiscard]] std::string comparison_text(const v1::Comparison &comparison,
                                          const TextOptions &options);

} // namespace linger::serve
