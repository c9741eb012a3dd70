#include "app/service_manager.h"

#include "base/socket.h"
#include "base/unique_fd.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>

namespace linger::app {

void tell_service_manager(std::string_view state)
{
  const char *name = std::getenv("NOTIFY_SOCKET");
  if (name == nullptr)
    return;
  const std::string_view path = name;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return;
  std::memcpy(address.sun_path, path.data(), path.size());
  if (path.starts_with('@')) // of the abstract namespace, whose names begin with a zero
    address.sun_path[0] = '\0';
  const UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (socket)
    ::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
             reinterpret_cast<const sockaddr *>(&address),
             static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size()));
}

} // namespace linger::app
