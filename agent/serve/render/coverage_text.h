// How complete the view was and what it cost.

#pragma once

#include "linger/v1/report.pb.h"

#include <string>
#include <vector>

namespace linger::serve {

/// What was seen and lost, then what that cost. The gaps are not among them.
[[nodiscard]] std::vector<std::string> coverage_sentences(const v1::Report &report);

} // namespace linger::serve
