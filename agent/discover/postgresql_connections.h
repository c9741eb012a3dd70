// How many connections the PostgreSQL servers on this host have, and how many they take.

#pragma once

#include "base/result.h"

#include <cstdint>
#include <filesystem>

namespace linger::discover {

struct PostgresqlConnections {
  /// From any client, wherever it runs.
  std::uint32_t taken = 0;
  /// Taken from ordinary roles at most.
  std::uint32_t limit = 0;

  bool operator==(const PostgresqlConnections &) const = default;
};

/// The limit of the server whose first process `postmaster` is: of its command line, its
/// postgresql.auto.conf and its postgresql.conf with what that includes, in this order. Files that
/// were changed since the server started say what it will be. Fails where one cannot be read.
[[nodiscard]] Result<std::uint32_t> postgresql_limit(const std::filesystem::path &proc,
                                                     std::uint32_t postmaster);

/// The children of `postmaster` that serve clients: one each. Fails where the kernel does not list
/// children (CONFIG_PROC_CHILDREN), or the server has ended.
[[nodiscard]] Result<std::uint32_t> postgresql_clients(const std::filesystem::path &proc,
                                                       std::uint32_t postmaster);

} // namespace linger::discover
