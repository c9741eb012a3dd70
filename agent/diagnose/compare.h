// Two recordings in, what changed between them out.

#pragma once

#include "domain/comparison.h"

namespace linger::diagnose {

/// Compares endpoint by endpoint, and the findings of the two reports. Endpoints are the same where
/// service, method and route are; of one service's servers on a host the requests are taken
/// together. What is called a regression would come up by chance in fewer than one comparison of
/// twenty, all endpoints together, if nothing had changed by more than `tolerance`. Pure and
/// repeatable: no clock, no chance of its own.
[[nodiscard]] domain::Comparison compare(const domain::Recorded &before,
                                         const domain::Recorded &after,
                                         const domain::Tolerance &tolerance);

/// Whether an endpoint regressed, or a finding is new or worse, at this severity or above.
[[nodiscard]] bool has_regression(const domain::Comparison &comparison, domain::Severity at_least);

} // namespace linger::diagnose
