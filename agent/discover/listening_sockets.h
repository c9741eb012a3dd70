// Who listens where, as the kernel tells it.

#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace linger::discover {

/// One listening socket of a network namespace.
struct ListeningSocket {
  /// "127.0.0.1:8000", "[::]:80", "unix:/run/app.sock", "unix:@abstract".
  std::string address;
  /// 0 for a unix socket.
  std::uint16_t port = 0;
};

/// By socket inode.
using ListeningSockets = std::unordered_map<std::uint64_t, ListeningSocket>;

/// One line of /proc/net/tcp or tcp6 as inode and socket; nullopt when the socket does not listen
/// or the line is no such line.
[[nodiscard]] std::optional<std::pair<std::uint64_t, ListeningSocket>>
decode_tcp_line(std::string_view line);

/// One line of /proc/net/unix, likewise.
[[nodiscard]] std::optional<std::pair<std::uint64_t, ListeningSocket>>
decode_unix_line(std::string_view line);

/// The listening sockets of the network namespace that `tgid` is in; nullopt when they may not be
/// seen, or it is gone. Dear: where connections are many, and where namespaces are, the kernel goes
/// through its table of all connections of all namespaces.
[[nodiscard]] std::optional<ListeningSockets>
read_listening_sockets(const std::filesystem::path &proc, std::uint32_t tgid);

/// The inodes of the sockets that a process holds open, of its first `limit` descriptors, ascending
/// and each once.
[[nodiscard]] Result<std::vector<std::uint64_t>>
socket_inodes_of(const std::filesystem::path &proc, std::uint32_t tgid, std::size_t limit = 65'536);

} // namespace linger::discover
