// Who may do what.

#pragma once

#include "base/result.h"

#include <cstdint>
#include <grpcpp/server_context.h>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace linger::serve {

enum class Role {
  reader,   // may ask what Linger knows
  operates, // may also have it look closer: a census, tracing of allocations
};

/// Who operates, besides root and the user that the agent runs as. Whoever else may connect reads.
struct Operators {
  std::vector<std::uint32_t> uids;   // on unix sockets
  std::vector<std::uint32_t> gids;   // likewise, one of the process's groups
  std::vector<std::string> subjects; // with TLS: the common name of the client's certificate
};

/// Thread-safe.
class Access {
public:
  explicit Access(Operators operators) : operators_(std::move(operators)) {}

  /// To be told of each connection on a unix socket before gRPC gets it.
  void came(int fd);

  /// Of whoever made this call. Without TLS a client on a port is nobody in particular, and reads.
  [[nodiscard]] Role role_of(const grpc::ServerContext &context) const;

  /// Fails as `not_permitted`, with `what` (as "a census"), unless the caller operates.
  [[nodiscard]] Result<> check_operates(const grpc::ServerContext &context,
                                        const std::string &what) const;

private:
  [[nodiscard]] Role role_on_socket(int fd) const;
  [[nodiscard]] bool is_operator(std::uint32_t uid, const std::vector<std::uint32_t> &gids) const;

  const Operators operators_;
  mutable std::mutex mutex_;
  std::map<int, Role> connections_; // the latest one of each descriptor
};

} // namespace linger::serve
