// The parts of the page, one a source file. Each is bounded, and says what it left out.

#pragma once

#include "domain/timeline.h"
#include "linger/v1/report.pb.h"

#include <string>

namespace linger::serve::html {

/// The style sheet.
[[nodiscard]] const char *style();

/// Each finding with its evidence and its remedy.
[[nodiscard]] std::string findings_section(const v1::Report &report);

/// The servers and a table of their workers.
[[nodiscard]] std::string workers_section(const v1::Report &report);

/// A lane for each worker, with its longest requests in the colour of what they waited on.
[[nodiscard]] std::string timeline_section(const v1::Report &report,
                                           const domain::Timeline *timeline);

/// A table with a bar for each endpoint: the mean request by cause.
[[nodiscard]] std::string endpoints_section(const v1::Report &report);

/// Blocked time: cause, endpoint, line.
[[nodiscard]] std::string blocked_section(const v1::Report &report);

/// What stayed behind: endpoint and line, or worker, type and holder.
[[nodiscard]] std::string retained_section(const v1::Report &report);

} // namespace linger::serve::html
