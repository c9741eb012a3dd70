// Objects that requests need, and that workers still have when these are over.

#pragma once

#include "diagnose/server_load.h"
#include "domain/finding.h"

#include <functional>
#include <string_view>
#include <vector>

namespace linger::diagnose {

/// Of one type in one worker whose heap was looked into: more than there can be requests.
struct LeftObjects {
  const domain::WorkerReport *worker = nullptr;
  const domain::RequestObjects *objects = nullptr;
};

/// The most first; none for servers whose workers serve any number of requests at a time.
[[nodiscard]] std::vector<LeftObjects>
left_objects(const ServerLoad &load,
             const std::function<bool(std::string_view type)> &is_of_interest,
             const Thresholds &thresholds);

/// Tells of them in the finding: workers, evidence, who holds them, the endpoint that had as many
/// requests as were left in the window, and the severity: those that were there all along may be
/// meant to be.
void tell(domain::Finding &finding, const std::vector<LeftObjects> &left, const ServerLoad &load);

} // namespace linger::diagnose
