// The report of a recording.

#pragma once

#include "app/config.h"
#include "base/result.h"
#include "domain/evidence.h"
#include "domain/report.h"

#include <string>

namespace linger::app {

/// Reads the recording from front to end; [routes] and [findings] of the configuration count. Every
/// request is passed to `sink` too, if there is one. A file that is not there fails as `usage`, as
/// does one that is no recording or damaged.
[[nodiscard]] Result<domain::Report> replayed(const std::string &path, const Config &config,
                                              domain::RequestSink sink = {});

} // namespace linger::app
