// How long a server's control group leaves memory to grow into.

#pragma once

#include "diagnose/thresholds.h"
#include "domain/finding.h"
#include "domain/report.h"

namespace linger::diagnose {

/// Adds to a finding when the group that all the server's workers are in will be full, as it grows
/// now, and makes it critical when that is soon. Nothing where it has no limit, or they are in
/// several.
void tell_memory_room(domain::Finding &finding, const domain::ServerReport &server,
                      double bytes_per_hour, const Thresholds &thresholds);

} // namespace linger::diagnose
