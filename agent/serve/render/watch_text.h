// What `linger watch` prints, message by message. Each ends with a newline.

#pragma once

#include "linger/v1/diagnostics.pb.h"
#include "serve/render/style.h"

#include <string>

namespace linger::serve {

/// One line a request: time, worker, status, length, endpoint, where the time went. Loss has a line
/// of its own before it.
[[nodiscard]] std::string request_line(const v1::WatchRequestsResponse &response,
                                       const TextOptions &options);

/// The moment, and each server's workers as a table.
[[nodiscard]] std::string worker_lines(const v1::WatchWorkersResponse &response,
                                       const TextOptions &options);

/// One line a change: what happened, severity, rule and title.
[[nodiscard]] std::string finding_line(const v1::WatchFindingsResponse &response,
                                       const TextOptions &options);

} // namespace linger::serve
