// Who listens where, as the kernel tells it.

#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
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

/// The listening sockets of the network namespaces of processes. Reads each namespace once in its
/// life, so make one for each look at the host. Not thread-safe.
class ListeningByNamespace {
public:
  /// At most this many namespaces are read; the processes of further ones have unknown sockets.
  static constexpr std::size_t max_namespaces = 1024;

  explicit ListeningByNamespace(std::filesystem::path proc);

  /// Null when the process is gone or its namespace may not be seen. Valid until this is destroyed.
  [[nodiscard]] const ListeningSockets *of(std::uint32_t tgid);

private:
  std::filesystem::path proc_;
  /// By the link's text, "net:[4026531840]"; empty where the kernel has no namespaces.
  std::map<std::string, ListeningSockets> namespaces_;
};

/// The inodes of the sockets that a process holds open, of its first `limit` descriptors, ascending
/// and each once.
[[nodiscard]] Result<std::vector<std::uint64_t>>
socket_inodes_of(const std::filesystem::path &proc, std::uint32_t tgid, std::size_t limit = 65'536);

} // namespace linger::discover
