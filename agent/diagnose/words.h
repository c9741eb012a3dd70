// Causes as people say them.

#pragma once

#include "domain/cause.h"

namespace linger::diagnose {

/// "waiting for the database".
[[nodiscard]] const char *waiting_for(domain::Cause cause);

} // namespace linger::diagnose
