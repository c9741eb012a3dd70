// Objects that requests need, and that workers still have when these are over.

#pragma once

#include "diagnose/server_load.h"
#include "domain/finding.h"

#include <string>
#include <string_view>
#include <vector>

namespace linger::diagnose {

/// A rule about objects of some types.
struct RequestObjectsRule {
  std::string id;
  std::string title;
  std::string remedy;
  bool (*is_of_interest)(std::string_view type);
};

/// A finding where workers whose heaps were looked into have more of them than they can serve
/// requests, and so none for workers on an event loop. It names the endpoint that had as many
/// requests as objects were left in the window, if there is one. `info` where they have not become
/// more: those may be meant to be there.
[[nodiscard]] std::vector<domain::Finding> find_left_objects(const ServerLoad &load,
                                                             const Thresholds &thresholds,
                                                             const RequestObjectsRule &rule);

} // namespace linger::diagnose
