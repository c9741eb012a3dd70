// A report as one page that stands alone.

#pragma once

#include "domain/timeline.h"
#include "linger/v1/report.pb.h"

#include <string>

namespace linger::serve {

/// A page to attach to an incident: findings, workers over time, endpoints, blocked time and kept
/// memory as flame graphs, coverage. It fetches nothing and runs nothing, and its size is bounded
/// whatever the report holds. `timeline` is null where single requests are not known.
[[nodiscard]] std::string report_html(const v1::Report &report, const domain::Timeline *timeline);

} // namespace linger::serve
