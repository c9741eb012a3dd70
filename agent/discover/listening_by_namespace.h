// Who listens in which network namespace, from one look at the host to the next.

#pragma once

#include "discover/listening_sockets.h"
#include "domain/time.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace linger::discover {

/// The listening sockets of the network namespaces of processes. To read one costs milliseconds,
/// and a node has one for each pod: so each is read when it is first asked for, then every
/// `refresh_interval`, few at a time, and in between for a process that seems to listen nowhere,
/// the seldomer the longer it has been asked for in vain: what begins to listen after a time t is
/// known t / `patience_part` later. A socket that is closed is missing at once, as its process does
/// not hold it any more. What nobody asked for in `keep_interval` is forgotten. Not thread-safe.
class ListeningByNamespace {
public:
  /// At most this many namespaces are kept; the processes of further ones have unknown sockets.
  static constexpr std::size_t max_namespaces = 1024;
  static constexpr domain::Nanos refresh_interval = std::chrono::seconds{ 60 };
  static constexpr domain::Nanos keep_interval = std::chrono::minutes{ 2 };
  /// Namespaces that one look reads again only because they are old.
  static constexpr std::size_t max_refreshed = 4;
  static constexpr int patience_part = 8;

  explicit ListeningByNamespace(std::filesystem::path proc) : proc_(std::move(proc)) {}

  /// A look at the host begins.
  void begin_look(domain::MonotonicTime now);

  /// Null when the process is gone or its namespace may not be seen. Valid until the next look.
  [[nodiscard]] const ListeningSockets *of(std::uint32_t tgid);

  /// Of these sockets, which `tgid` holds, those that listen; nullopt where of() is null.
  [[nodiscard]] std::optional<std::vector<std::uint64_t>>
  listening_among(std::uint32_t tgid, std::vector<std::uint64_t> inodes);

  /// Namespaces read since this was made.
  [[nodiscard]] std::uint64_t reads() const { return reads_; }

private:
  struct Namespace {
    ListeningSockets sockets;
    domain::MonotonicTime read_at;
    domain::MonotonicTime asked_at;
  };
  struct Silent {
    domain::MonotonicTime since;
    domain::MonotonicTime asked_at;
  };

  [[nodiscard]] Namespace *namespace_of(std::uint32_t tgid);
  void read_again(Namespace &known, std::uint32_t tgid);

  std::filesystem::path proc_;
  /// By the link's text, "net:[4026531840]"; empty where the kernel has no namespaces.
  std::map<std::string, Namespace> namespaces_;
  std::map<std::uint32_t, Silent> silent_; // that listen nowhere, by tgid
  domain::MonotonicTime now_;
  std::size_t refreshed_ = 0; // in this look
  std::uint64_t reads_ = 0;
};

} // namespace linger::discover
