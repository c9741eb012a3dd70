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

/// What holds now, of a server that may have been watched for weeks. What is so at this moment is
/// judged by `recent`, the latest minutes; what adds up, as memory that is kept, by everything
/// since the start; and workers that ended are told of for ten minutes. Pure as well.
[[nodiscard]] std::vector<domain::Finding> current_findings(domain::Report recent,
                                                            const domain::Report &since_start,
                                                            const Thresholds &thresholds);

} // namespace linger::diagnose
