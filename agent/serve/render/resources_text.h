// What a server's workers may have of the machine, and what they share.

#pragma once

#include "linger/v1/server.pb.h"

#include <string>
#include <vector>

namespace linger::serve {

/// A sentence each: the limits that control groups set to CPU time and memory, as far as there are
/// any, and what the workers need together where they share much of their memory.
[[nodiscard]] std::vector<std::string> resource_lines(const v1::Server &server);

} // namespace linger::serve
