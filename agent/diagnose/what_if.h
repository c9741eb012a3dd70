// What the recorded load of a server would meet with other settings.

#pragma once

#include "diagnose/server_load.h"
#include "diagnose/thresholds.h"
#include "domain/what_if.h"

#include <optional>

namespace linger::diagnose {

/// Replays the server's latest requests against its present setting and against others, and marks
/// what it advises: of the settings that come close to the best throughput and latency the one with
/// the fewest workers. Nothing where a thread does not
/// serve one request at a time, where too few requests or no CPUs are known, where requests wait
/// for a CPU already, and where the model does not come near to what was measured.
[[nodiscard]] std::optional<domain::WhatIf> what_if(const ServerLoad &load,
                                                    const Thresholds &thresholds);

} // namespace linger::diagnose
