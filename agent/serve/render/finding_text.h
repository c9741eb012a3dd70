#pragma once

#include "linger/v1/finding.pb.h"
#include "serve/render/style.h"

#include <string>

namespace linger::serve {

/// One finding in full: what, how much, the measurements and what to change.
[[nodiscard]] std::string finding_text(const v1::Finding &finding, const TextOptions &options);

} // namespace linger::serve
