#include "discover/local_listeners.h"

#include "discover/listening_sockets.h"
#include "discover/proc_files.h"
#include "discover/process.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>

namespace linger::discover {
namespace {

constexpr std::size_t max_processes = 32'768;
constexpr std::size_t max_sockets = 262'144;
constexpr std::size_t max_descriptors_of_one = 4096;
constexpr std::uint32_t init = 1;

struct Owned {
  ListeningSocket socket;
  std::uint32_t owner = 0;
};

LocalListener listener_of(const Owned &owned, const std::filesystem::path &proc)
{
  constexpr std::string_view unix_prefix = "unix:";
  LocalListener listener{ .address = owned.socket.address, .port = owned.socket.port };
  if (listener.address.starts_with(unix_prefix))
    listener.path = listener.address.substr(unix_prefix.size());
  if (owned.owner != 0)
    if (const auto stat = read_stat(proc, owned.owner)) {
      listener.comm = stat->comm;
      listener.tgid = owned.owner;
    }
  return listener;
}

} // namespace

std::vector<LocalListener> local_listeners(const std::filesystem::path &proc,
                                           ListeningByNamespace &namespaces)
{
  auto tgids = list_tgids(proc);
  tgids.resize(std::min(tgids.size(), max_processes));
  // init last: it is the answer only where there is no other.
  std::stable_partition(tgids.begin(), tgids.end(),
                        [](std::uint32_t tgid) { return tgid != init; });

  // Socket inodes are unique on a host, whatever the namespace.
  std::unordered_map<std::uint64_t, Owned> listening;
  std::set<const ListeningSockets *> seen;
  std::size_t sockets_left = max_sockets;
  for (const std::uint32_t tgid : tgids) {
    const ListeningSockets *const sockets = namespaces.of(tgid);
    if (sockets != nullptr && seen.insert(sockets).second)
      for (const auto &[inode, socket] : *sockets)
        listening.try_emplace(inode, Owned{ socket });
    if (sockets_left == 0)
      continue;
    const auto inodes =
        socket_inodes_of(proc, tgid, std::min(sockets_left, max_descriptors_of_one));
    if (!inodes)
      continue;
    sockets_left -= std::min(sockets_left, inodes->size());
    for (const std::uint64_t inode : *inodes)
      if (const auto found = listening.find(inode);
          found != listening.end() && found->second.owner == 0)
        found->second.owner = tgid;
  }

  std::vector<LocalListener> listeners;
  listeners.reserve(listening.size());
  for (const auto &[inode, owned] : listening)
    listeners.push_back(listener_of(owned, proc));
  const auto order = [](const LocalListener &a, const LocalListener &b) {
    return std::tie(a.address, a.comm, a.tgid) < std::tie(b.address, b.comm, b.tgid);
  };
  const auto is_same = [](const LocalListener &a, const LocalListener &b) {
    return std::tie(a.address, a.comm) == std::tie(b.address, b.comm);
  };
  std::ranges::sort(listeners, order);
  listeners.erase(std::unique(listeners.begin(), listeners.end(), is_same), listeners.end());
  return listeners;
}

} // namespace linger::discover
