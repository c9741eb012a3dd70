// A report for people at a terminal.

#pragma once

#include "linger/v1/report.pb.h"
#include "serve/render/style.h"

#include <string>

namespace linger::serve {

/// The findings first, then servers and workers, endpoints, and how complete the view was. No line
/// is wider than asked, but for table columns in fewer than 60 columns.
[[nodiscard]] std::string report_text(const v1::Report &report, const TextOptions &options);

} // namespace linger::serve
