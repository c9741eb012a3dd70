// The one header that says which trace a request belongs to (https://www.w3.org/TR/trace-context/).
// It holds two random numbers and a byte of flags, and nothing about anybody.

#pragma once

#include "domain/trace_context.h"

#include <optional>
#include <string_view>

namespace linger::decode {

/// "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", the header's whole value. Of a later
/// version what version 00 has. nullopt for anything else.
[[nodiscard]] std::optional<domain::TraceContext> decode_traceparent(std::string_view value);

} // namespace linger::decode
