// Messages as JSON: protobuf's own mapping (lowerCamelCase names, 64-bit integers as strings), with
// fields that are zero or empty written out.

#pragma once

#include "base/result.h"

#include <google/protobuf/message.h>
#include <string>

namespace linger::serve {

/// On one line, without a newline at its end: for streams.
[[nodiscard]] Result<std::string> json_line(const google::protobuf::Message &message);

/// The same with a field `node` in front, which no message has: whose it is.
[[nodiscard]] Result<std::string> json_line(const std::string &node,
                                            const google::protobuf::Message &message);

/// The first without the fields that are zero or empty: for a page that is sent much of it.
[[nodiscard]] Result<std::string> terse_json_line(const google::protobuf::Message &message);

/// Indented, with a newline at its end.
[[nodiscard]] Result<std::string> json_text(const google::protobuf::Message &message);

} // namespace linger::serve
