#include "serve/address.h"

#include "base/socket.h"

#include <charconv>
#include <fmt/format.h>
#include <optional>

namespace linger::serve {
namespace {

std::optional<std::uint16_t> port_of(std::string_view text)
{
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return port;
}

Result<Address> parse_socket(std::string_view text, std::string_view path)
{
  if (!path.starts_with('/') || path.ends_with('/') || path.find('\0') != path.npos)
    return failure(
        Error::Kind::usage,
        fmt::format("{}: a socket is given as unix:///PATH, with all of its path", text));
  constexpr std::size_t longest = sizeof(sockaddr_un::sun_path) - 1;
  if (path.size() > longest)
    return failure(Error::Kind::usage,
                   fmt::format("{}: the path of a socket has at most {} bytes", text, longest));
  return SocketPath{ std::string(path) };
}

bool is_loopback(const in_addr &address)
{
  return ntohl(address.s_addr) >> 24U == 127;
}

} // namespace

std::string HostAndPort::text() const
{
  const bool six = host.find(':') != host.npos;
  return fmt::format("{}{}{}:{}", six ? "[" : "", host, six ? "]" : "", port);
}

Result<Address> parse_address(std::string_view text)
{
  constexpr std::string_view socket_scheme = "unix://";
  if (text.starts_with(socket_scheme))
    return parse_socket(text, text.substr(socket_scheme.size()));

  const std::size_t colon = text.rfind(':');
  const auto port = colon == text.npos ? std::nullopt : port_of(text.substr(colon + 1));
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed)
    host = host.substr(1, host.size() - 2);
  const bool ambiguous = !bracketed && host.find(':') != host.npos;
  if (!port || host.empty() || ambiguous || host.find_first_of("/[] \t") != host.npos)
    return failure(Error::Kind::usage,
                   fmt::format("{}: an address is unix:///PATH or HOST:PORT", text));
  return HostAndPort{ std::string(host), *port };
}

Result<HostAndPort> listening_on(const HostAndPort &address, bool allow_remote)
{
  const HostAndPort numeric{ address.host == "localhost" ? "127.0.0.1" : address.host,
                             address.port };
  in_addr four{};
  in6_addr six{};
  bool loopback = false;
  if (::inet_pton(AF_INET, numeric.host.c_str(), &four) == 1)
    loopback = is_loopback(four);
  else if (::inet_pton(AF_INET6, numeric.host.c_str(), &six) == 1)
    loopback = IN6_IS_ADDR_LOOPBACK(&six);
  else
    return failure(Error::Kind::usage,
                   address.text() + ": give the address to listen on in numbers, not as a name");

  if (!loopback && !allow_remote)
    return failure(
        Error::Kind::usage,
        address.text() +
            ": other hosts could reach this address, and the service neither encrypts nor "
            "asks who is there; use a loopback address or a unix socket, or allow it "
            "explicitly");
  return numeric;
}

} // namespace linger::serve
