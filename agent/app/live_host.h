// The machine that the agent runs on.

#pragma once

#include "app/host.h"

namespace linger::app {

/// The running kernel's processes and probes.
[[nodiscard]] Result<std::unique_ptr<Host>> open_live_host(const Config &config,
                                                           ObservationSink sink);

} // namespace linger::app
