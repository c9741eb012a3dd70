#pragma once

#include "domain/comparison.h"
#include "linger/v1/comparison.pb.h"

namespace linger::serve {

[[nodiscard]] v1::Comparison to_proto(const domain::Comparison &comparison);

} // namespace linger::serve
