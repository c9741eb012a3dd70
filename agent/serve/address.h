// Where an agent can be reached.

#pragma once

#include "base/result.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

namespace linger::serve {

inline constexpr std::string_view default_address = "unix:///run/linger/linger.sock";

/// "unix:///run/linger/linger.sock"
struct SocketPath {
  std::string path;
};

/// "127.0.0.1:9000", "[::1]:9000", "localhost:9000", "agent.example:9000"
struct HostAndPort {
  /// Without brackets.
  std::string host;
  std::uint16_t port = 0;

  /// As it was written: with brackets around an IPv6 address.
  [[nodiscard]] std::string text() const;
};

using Address = std::variant<SocketPath, HostAndPort>;

/// Fails as `usage` when the text is neither of the two, or a path is relative or longer than the
/// kernel takes (107 bytes).
[[nodiscard]] Result<Address> parse_address(std::string_view text);

/// What a server may bind: the host as a numeric address ("localhost" is 127.0.0.1). Names are
/// refused as `usage`, since what they stand for can change; so are addresses that other hosts can
/// reach unless `allow_remote`.
[[nodiscard]] Result<HostAndPort> listening_on(const HostAndPort &address, bool allow_remote);

} // namespace linger::serve
