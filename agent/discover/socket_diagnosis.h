// What the kernel's socket diagnostics (sock_diag(7)) say of listening sockets, as bytes.

#pragma once

#include "base/result.h"
#include "domain/observation.h"

#include <cstddef>
#include <span>
#include <vector>

namespace linger::discover {

enum class SocketFamily { inet, inet6, unix_stream };

/// Asks for every listening socket of a family in the network namespace of the netlink socket that
/// it is sent on.
[[nodiscard]] std::vector<std::byte> diagnosis_request(SocketFamily family);

/// One datagram of the answer.
struct Diagnosis {
  std::vector<domain::ListenQueue> queues;
  /// Nothing more will come.
  bool done = false;
};

/// Fails as `malformed` when the bytes are no such datagram, and with the kernel's own error when
/// it refused. Sockets without a name are left out.
[[nodiscard]] Result<Diagnosis> decode_diagnosis(std::span<const std::byte> datagram);

} // namespace linger::discover
