#include "discover/listen_queues.h"

#include "base/socket.h"
#include "base/unique_fd.h"
#include "discover/proc_files.h"
#include "discover/socket_diagnosis.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <linux/netlink.h>
#include <map>
#include <sched.h>
#include <set>
#include <utility>

namespace linger::discover {
namespace {

constexpr const char *doing = "open the kernel's socket diagnostics";

Result<UniqueFd> open_here()
{
  UniqueFd socket{ ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG) };
  if (!socket)
    return failed(doing, errno);
  return socket;
}

Result<UniqueFd> open_namespace(const std::filesystem::path &path)
{
  UniqueFd opened{ ::open(path.c_str(), O_RDONLY | O_CLOEXEC) };
  if (!opened)
    return failed("open " + path.string(), errno);
  return opened;
}

/// A socket stays in the namespace that it was made in; this thread is there for that long. A
/// thread of its own for each would wait for a CPU each time, on a busy node for longer than all
/// else takes.
Result<UniqueFd> open_in(const std::filesystem::path &network)
{
  const auto target = open_namespace(network);
  if (!target)
    return tl::unexpected(target.error());
  const auto home = open_namespace("/proc/thread-self/ns/net");
  if (!home)
    return tl::unexpected(home.error());
  if (::setns(target->get(), CLONE_NEWNET) != 0)
    return failed("enter " + network.string(), errno);
  Result<UniqueFd> socket = open_here();
  if (::setns(home->get(), CLONE_NEWNET) != 0)
    std::abort(); // whoever may leave may come back; all later sockets would be somebody else's
  return socket;
}

Result<UniqueFd> open_for(const std::filesystem::path &proc, std::uint32_t tgid)
{
  const auto network = directory_of(proc, tgid) / "ns" / "net";
  const auto theirs = read_link(network);
  if (!theirs)
    return tl::unexpected(theirs.error());
  const auto own = read_link(proc / "self" / "ns" / "net");
  return own && *own == *theirs ? open_here() : open_in(network);
}

Result<std::vector<domain::ListenQueue>> ask(const UniqueFd &socket, SocketFamily family)
{
  const auto request = diagnosis_request(family);
  if (::send(socket.get(), request.data(), request.size(), 0) < 0)
    return failed(doing, errno);
  std::vector<domain::ListenQueue> queues;
  std::array<std::byte, 32'768> datagram; // the kernel's own limit for one of them
  for (;;) {
    const ssize_t size = ::recv(socket.get(), datagram.data(), datagram.size(), 0);
    if (size < 0 && errno == EINTR)
      continue;
    if (size <= 0)
      return failed("read the kernel's socket diagnostics", size < 0 ? errno : EPIPE);
    auto part = decode_diagnosis(std::span(datagram).first(static_cast<std::size_t>(size)));
    if (!part)
      return tl::unexpected(part.error());
    std::ranges::move(part->queues, std::back_inserter(queues));
    if (part->done)
      return queues;
  }
}

SocketFamily family_of(const std::string &address)
{
  if (address.starts_with("unix:"))
    return SocketFamily::unix_stream;
  return address.starts_with('[') ? SocketFamily::inet6 : SocketFamily::inet;
}

} // namespace

Result<std::vector<domain::ListenQueue>>
read_listen_queues(const std::filesystem::path &proc, std::uint32_t tgid,
                   const std::vector<std::string> &addresses)
{
  std::set<SocketFamily> families;
  for (const std::string &address : addresses)
    families.insert(family_of(address));
  if (families.empty())
    return std::vector<domain::ListenQueue>{};
  const auto socket = open_for(proc, tgid);
  if (!socket)
    return tl::unexpected(socket.error());

  std::map<std::string, domain::ListenQueue> by_address;
  for (const SocketFamily family : families) {
    const auto found = ask(*socket, family);
    if (!found)
      return tl::unexpected(found.error());
    for (const domain::ListenQueue &queue : *found) {
      if (std::ranges::find(addresses, queue.address) == addresses.end())
        continue;
      domain::ListenQueue &sum = by_address[queue.address];
      sum.address = queue.address;
      sum.length += queue.length;
      sum.limit += queue.limit;
      sum.dropped += queue.dropped;
    }
  }
  std::vector<domain::ListenQueue> queues;
  for (auto &[address, queue] : by_address)
    queues.push_back(std::move(queue));
  return queues;
}

} // namespace linger::discover
