#include "serve/bind_check.h"

#include "base/socket.h"
#include "base/unique_fd.h"

#include <cerrno>

namespace linger::serve {

Result<> try_to_bind(const HostAndPort &address)
{
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(address.port);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(address.port);
  const bool is_four = ::inet_pton(AF_INET, address.host.c_str(), &four.sin_addr) == 1;
  if (!is_four)
    ::inet_pton(AF_INET6, address.host.c_str(), &six.sin6_addr);

  const UniqueFd fd(::socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int yes = 1;
  if (fd)
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const int bound = is_four ? ::bind(fd.get(), reinterpret_cast<sockaddr *>(&four), sizeof four)
                            : ::bind(fd.get(), reinterpret_cast<sockaddr *>(&six), sizeof six);
  // Listening is what finds an address in use despite SO_REUSEADDR.
  if (bound != 0 || ::listen(fd.get(), 1) != 0)
    return failed("listen on " + address.text(), errno);
  return {};
}

} // namespace linger::serve
