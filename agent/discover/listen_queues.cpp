#include "discover/listen_queues.h"

#include "base/socket.h"
#include "base/unique_fd.h"
#include "discover/proc_files.h"
#include "discover/socket_diagnosis.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <fcntl.h>
#include <linux/netlink.h>
#include <map>
#include <sched.h>
#include <set>
#include <thread>
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

Result<> enter(const UniqueFd &network, const std::string &name)
{
  if (::setns(network.get(), CLONE_NEWNET) != 0)
    return failed("enter " + name, errno);
  return {};
}

/// All sockets of a thread that stayed away would be somebody else's.
void come_back(const UniqueFd &home)
{
  // The permission was checked; what may lack for a moment is the kernel's memory.
  constexpr int most_attempts = 100;
  for (int attempt = 0; attempt < most_attempts; ++attempt) {
    if (::setns(home.get(), CLONE_NEWNET) == 0)
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds{ 10 });
  }
  std::abort();
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
  // Whoever may leave may not come back where the host's namespace is another user's, as in a
  // container without root. Entering where one is changes nothing and asks for the same permission.
  if (const Result<> may_return = enter(*home, "this network namespace again"); !may_return)
    return tl::unexpected(may_return.error());
  if (const Result<> entered = enter(*target, network.string()); !entered)
    return tl::unexpected(entered.error());
  Result<UniqueFd> socket = open_here();
  come_back(*home);
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
