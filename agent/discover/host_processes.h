// The processes of a host, listed once for all the surveys of one look.

#pragma once

#include "discover/listening_by_namespace.h"
#include "discover/process.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// What tells which program a process runs.
struct RunningProcess {
  std::uint32_t tgid = 0;
  /// Never empty.
  std::vector<std::string> argv;
  /// Empty where it may not be seen.
  std::string executable;
};

/// Reads the list when it is made. Kernel threads and processes that vanish meanwhile are left out.
/// Not thread-safe.
class HostProcesses {
public:
  /// `namespaces` must outlive this, and its look must have begun.
  HostProcesses(std::filesystem::path proc, ListeningByNamespace &namespaces);

  [[nodiscard]] const std::filesystem::path &proc() const { return proc_; }
  /// By tgid.
  [[nodiscard]] const std::vector<RunningProcess> &all() const { return processes_; }

  /// The inodes of the sockets that a process listens at, ascending; nullopt where they may not be
  /// seen.
  [[nodiscard]] std::optional<std::vector<std::uint64_t>> listening_inodes_of(std::uint32_t tgid);

  /// The address of a socket that listens in the network namespace of `tgid`; empty when it does
  /// not.
  [[nodiscard]] std::string address_of(std::uint32_t tgid, std::uint64_t inode);

private:
  std::filesystem::path proc_;
  std::vector<RunningProcess> processes_;
  ListeningByNamespace &namespaces_;
};

/// One process; nullopt when it is gone or shows no command line.
[[nodiscard]] std::optional<RunningProcess> read_running_process(const std::filesystem::path &proc,
                                                                 std::uint32_t tgid);

/// Whether the process is the one it was: not dead, no zombie, not another one of the same number.
[[nodiscard]] bool is_still_there(const std::filesystem::path &proc, const ProcessStat &process);

/// "uwsgi" of "/usr/bin/uwsgi".
[[nodiscard]] std::string_view file_name_of(std::string_view path);

} // namespace linger::discover
