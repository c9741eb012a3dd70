// Evidence in, findings out.

#pragma once

#include "diagnose/thresholds.h"
#include "domain/report.h"

#include <vector>

namespace linger::diagnose {

/// Every finding that the report's figures support, the most severe and dearest first, consequences
/// behind their causes (ranking.h). Pure: no clock, no I/O;
/// the same report gives the same findings. One rule a file in diagnose/rules/, one page a rule in
/// docs/findings/.
[[nodiscard]] std::vector<domain::Finding> diagnose(const domain::Report &report,
                                                    const Thresholds &thresholds);

/// Completes a report: for each server whose requests wait to be served what other settings would
/// bring, then the findings, which refer to it. Pure as well.
void judge(domain::Report &report, const Thresholds &thresholds);

} // namespace linger::diagnose
