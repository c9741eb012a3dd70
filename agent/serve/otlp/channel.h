// The way to a collector.

#pragma once

#include "base/result.h"

#include <grpcpp/channel.h>
#include <memory>
#include <string>

namespace linger::serve {

/// As OtlpOptions has them. Fails as `usage` where the address is none, other hosts could read what
/// is sent and nobody said that they may, or the file of the authority cannot be read. Connects
/// when it is used.
[[nodiscard]] Result<std::shared_ptr<grpc::Channel>>
open_collector_channel(const std::string &endpoint, bool insecure, const std::string &tls_ca);

} // namespace linger::serve
