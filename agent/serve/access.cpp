#include "serve/access.h"

#include "base/socket.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <unistd.h>

namespace linger::serve {
namespace {

/// How gRPC names the peer of a connection that it was handed: "fd:12".
constexpr std::string_view handed_over = "fd:";
/// A client in this process: `linger` and its own agent.
constexpr std::string_view own = "inproc";

std::vector<std::uint32_t> groups_of(int fd)
{
  std::vector<gid_t> groups(64);
  socklen_t bytes = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) != 0) {
    // ERANGE tells how many there are.
    groups.resize(bytes / sizeof(gid_t));
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &bytes) != 0)
      return {};
  }
  groups.resize(bytes / sizeof(gid_t));
  return { groups.begin(), groups.end() };
}

template <typename Value>
bool contains(const std::vector<Value> &values, const Value &value)
{
  return std::ranges::find(values, value) != values.end();
}

} // namespace

bool Access::is_operator(std::uint32_t uid, const std::vector<std::uint32_t> &gids) const
{
  return uid == 0 || uid == ::geteuid() || contains(operators_.uids, uid) ||
         std::ranges::any_of(gids,
                             [this](std::uint32_t gid) { return contains(operators_.gids, gid); });
}

void Access::came(int fd)
{
  ucred peer{};
  socklen_t bytes = sizeof peer;
  Role role = Role::reader;
  if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &bytes) == 0) {
    std::vector<std::uint32_t> gids = groups_of(fd);
    gids.push_back(peer.gid);
    if (is_operator(peer.uid, gids))
      role = Role::operates;
  }
  const std::lock_guard lock(mutex_);
  connections_[fd] = role;
}

Role Access::role_on_socket(int fd) const
{
  const std::lock_guard lock(mutex_);
  const auto found = connections_.find(fd);
  return found == connections_.end() ? Role::reader : found->second;
}

Role Access::role_of(const grpc::ServerContext &context) const
{
  const std::string peer = context.peer();
  if (peer.starts_with(own))
    return Role::operates;
  if (peer.starts_with(handed_over)) {
    int fd = -1;
    std::from_chars(peer.data() + handed_over.size(), peer.data() + peer.size(), fd);
    const Role role = role_on_socket(fd);
    // gRPC closes a descriptor when the last call on it is over, so the number cannot be another
    // connection's by now; were it so, the call would be cancelled.
    return context.IsCancelled() ? Role::reader : role;
  }
  const auto authenticated = context.auth_context();
  if (!authenticated->IsPeerAuthenticated())
    return Role::reader;
  const auto names = authenticated->FindPropertyValues("x509_common_name");
  const bool named = std::ranges::any_of(names, [this](const grpc::string_ref &name) {
    return contains(operators_.subjects, std::string{ name.data(), name.size() });
  });
  return named ? Role::operates : Role::reader;
}

Result<> Access::check_operates(const grpc::ServerContext &context, const std::string &what) const
{
  if (role_of(context) == Role::operates)
    return {};
  return failure(Error::Kind::not_permitted,
                 "the agent grants " + what +
                     " to operators only: root, and whom [access] of its configuration names");
}

} // namespace linger::serve
