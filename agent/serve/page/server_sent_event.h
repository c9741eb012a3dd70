// One server-sent event.

#pragma once

#include "base/result.h"

#include <google/protobuf/message.h>
#include <string>
#include <string_view>

namespace linger::serve {

/// A message as JSON under a name, ready to be written.
[[nodiscard]] Result<std::string> event_of(std::string_view name,
                                           const google::protobuf::Message &message);

} // namespace linger::serve
