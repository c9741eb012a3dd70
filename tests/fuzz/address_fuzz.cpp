// Addresses of agents: what is understood, written down, is understood the same.

#include "fuzz/property.h"
#include "serve/address.h"

#include <optional>

namespace {

using namespace linger::serve;
using namespace linger::fuzz;

std::string written_down(const Address &address)
{
  if (const auto *socket = std::get_if<SocketPath>(&address))
    return "unix://" + socket->path;
  return std::get<HostAndPort>(address).text();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const auto address = parse_address(text_of(data, size));
  if (!address) {
    must(address.error().kind == linger::Error::Kind::usage, "a bad address is wrong usage");
    return 0;
  }
  const auto again = parse_address(written_down(*address));
  must(again && written_down(*again) == written_down(*address),
       "an address, written down, is the same");
  if (const auto *socket = std::get_if<SocketPath>(&*address)) {
    must(socket->path.starts_with('/') && socket->path.size() <= 107, "a path fits the kernel");
    return 0;
  }
  const auto local = listening_on(std::get<HostAndPort>(*address), false);
  const auto any = listening_on(std::get<HostAndPort>(*address), true);
  must(!local || any, "what is local may be bound");
  return 0;
}
