#include "discover/host_processes.h"

#include "discover/proc_files.h"

#include <utility>

namespace linger::discover {

HostProcesses::HostProcesses(std::filesystem::path proc, ListeningByNamespace &namespaces)
    : proc_(std::move(proc)), namespaces_(namespaces)
{
  for (const std::uint32_t tgid : list_tgids(proc_))
    if (auto process = read_running_process(proc_, tgid))
      processes_.push_back(std::move(*process));
}

std::optional<std::vector<std::uint64_t>> HostProcesses::listening_inodes_of(std::uint32_t tgid)
{
  auto inodes = socket_inodes_of(proc_, tgid);
  return inodes ? namespaces_.listening_among(tgid, std::move(*inodes)) : std::nullopt;
}

std::string HostProcesses::address_of(std::uint32_t tgid, std::uint64_t inode)
{
  const ListeningSockets *const sockets = namespaces_.of(tgid);
  if (sockets == nullptr)
    return {};
  const auto socket = sockets->find(inode);
  return socket == sockets->end() ? std::string{} : socket->second.address;
}

std::optional<RunningProcess> read_running_process(const std::filesystem::path &proc,
                                                   std::uint32_t tgid)
{
  const auto directory = directory_of(proc, tgid);
  const auto cmdline = read_text(directory / "cmdline");
  if (!cmdline || cmdline->empty())
    return std::nullopt;
  return RunningProcess{ .tgid = tgid,
                         .argv = split_at_nul(*cmdline),
                         .executable = read_link(directory / "exe").value_or("") };
}

bool is_still_there(const std::filesystem::path &proc, const ProcessStat &process)
{
  const auto now = read_stat(proc, process.tgid);
  return now && now->start_ticks == process.start_ticks &&
         read_running_process(proc, process.tgid).has_value();
}

std::string_view file_name_of(std::string_view path)
{
  return path.substr(path.rfind('/') + 1);
}

} // namespace linger::discover
