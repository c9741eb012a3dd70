// Errors across the wire.

#pragma once

#include "base/result.h"

#include <grpcpp/support/status.h>

namespace linger::serve {

/// The only place where an Error::Kind becomes a gRPC status code.
[[nodiscard]] grpc::Status to_status(const Error &error);

/// The way back, for the client: the kind survives the trip, the sentence is made printable.
[[nodiscard]] Error from_status(const grpc::Status &status);

} // namespace linger::serve
