// Predictions as a message of linger.v1. Text becomes valid UTF-8 on the way.

#pragma once

#include "domain/what_if.h"
#include "linger/v1/what_if.pb.h"

namespace linger::serve {

[[nodiscard]] v1::WhatIf to_proto(const domain::WhatIf &what_if);

} // namespace linger::serve
