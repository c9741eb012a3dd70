// A report measured against an earlier one.

#pragma once

#include "domain/finding.h"
#include "linger/v1/report.pb.h"

#include <vector>

namespace linger::serve {

/// The findings of `report` that `baseline` has not, or has less severe: in the order of `report`,
/// at this severity or above. Findings are the same where rule, service and endpoints are.
[[nodiscard]] std::vector<v1::Finding>
findings_beyond(const v1::Report &baseline, const v1::Report &report, domain::Severity at_least);

} // namespace linger::serve
