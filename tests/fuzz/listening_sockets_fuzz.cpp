// Lines of /proc/net/tcp, tcp6 and unix. The names of unix sockets are their owners' choice.

#include "base/socket.h"
#include "discover/listening_sockets.h"
#include "fuzz/property.h"

namespace {

using namespace linger::discover;
using namespace linger::fuzz;

bool is_host(std::string host)
{
  in6_addr address{};
  if (!host.starts_with('['))
    return ::inet_pton(AF_INET, host.c_str(), &address) == 1;
  host = host.substr(1, host.size() - 2);
  return ::inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

void check_tcp(std::string_view line)
{
  const auto decoded = decode_tcp_line(line);
  if (!decoded)
    return;
  const auto &[inode, socket] = *decoded;
  const std::size_t colon = socket.address.rfind(':');
  must(colon != std::string::npos, "an address has a port");
  must(socket.address.substr(colon + 1) == std::to_string(socket.port), "a port is its own");
  must(is_host(socket.address.substr(0, colon)), "a host is an address");
  must(line.find(std::to_string(inode)) != line.npos, "an inode stands in the line");
}

void check_unix(std::string_view line)
{
  const auto decoded = decode_unix_line(line);
  if (!decoded)
    return;
  const auto &[inode, socket] = *decoded;
  must(socket.port == 0, "a unix socket has no port");
  must(socket.address.starts_with("unix:") && socket.address.size() > 5, "a socket has a path");
  must(line.ends_with(socket.address.substr(5)), "a path is the rest of the line");
  must(line.find(std::to_string(inode)) != line.npos, "an inode stands in the line");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  check_tcp(text);
  check_unix(text);

  const std::string bound = "0000000000000000: 00000002 00000000 00010000 0001 01 4711 /" +
                            std::string(text.substr(0, 108));
  const auto decoded = decode_unix_line(bound);
  must(decoded && decoded->first == 4711, "a listening socket is read");
  must(decoded->second.address == "unix:/" + std::string(text.substr(0, 108)),
       "a path is as it was bound");
  return 0;
}
