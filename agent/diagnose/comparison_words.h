// What a comparison says to people.

#pragma once

#include "diagnose/endpoint_comparison.h"

#include <string>
#include <vector>

namespace linger::diagnose {

/// A sentence for each regression and improvement, without a period; of a slower endpoint also what
/// it waits for now, with the line where it is known.
[[nodiscard]] std::vector<std::string> sentences_of(const domain::EndpointComparison &comparison,
                                                    const EndpointSide &after,
                                                    const domain::Tolerance &tolerance);

} // namespace linger::diagnose
