// Spans that clients ask for.

#pragma once

#include "base/result.h"
#include "domain/time.h"

#include <google/protobuf/duration.pb.h>
#include <string_view>

namespace linger::serve {

/// The span in `field`, which is called `name`, when it lies within [least, most]; `usage`
/// otherwise, saying what is allowed.
[[nodiscard]] Result<domain::Nanos> span_in(const google::protobuf::Duration &field,
                                            std::string_view name, domain::Nanos least,
                                            domain::Nanos most);

} // namespace linger::serve
