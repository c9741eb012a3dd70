#include "discover/socket_diagnosis.h"

#include "base/socket.h"

#include <array>
#include <cstdint>
#include <cstring>
#include <fmt/format.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <optional>
#include <string>
#include <string_view>

namespace linger::discover {
namespace {

constexpr std::int32_t most_errno = 4095;      // include/linux/err.h: MAX_ERRNO
constexpr std::uint32_t listening = 1U << 10U; // TCP_LISTEN, of unix sockets too

template <typename Body>
std::vector<std::byte> request_of(const Body &body)
{
  struct {
    nlmsghdr header;
    Body body;
  } message{};
  message.header.nlmsg_len = sizeof message;
  message.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  message.body = body;
  const auto bytes = std::as_bytes(std::span(&message, 1));
  return { bytes.begin(), bytes.end() };
}

template <typename T>
std::optional<T> first_of(std::span<const std::byte> bytes)
{
  if (bytes.size() < sizeof(T))
    return std::nullopt;
  T value{};
  std::memcpy(&value, bytes.data(), sizeof value);
  return value;
}

/// The part behind the first `size` bytes, which netlink fills up to a multiple of four.
std::span<const std::byte> behind(std::span<const std::byte> bytes, std::size_t size)
{
  return bytes.subspan(std::min<std::size_t>(NLMSG_ALIGN(size), bytes.size()));
}

/// The value of the first attribute of a type; empty when there is none.
std::span<const std::byte> attribute(std::span<const std::byte> attributes, unsigned short type)
{
  while (const auto header = first_of<rtattr>(attributes)) {
    if (header->rta_len < sizeof *header || header->rta_len > attributes.size())
      return {};
    if (header->rta_type == type)
      return attributes.subspan(sizeof *header, header->rta_len - sizeof *header);
    attributes = behind(attributes, header->rta_len);
  }
  return {};
}

std::optional<domain::ListenQueue> inet_queue(std::span<const std::byte> body)
{
  const auto socket = first_of<inet_diag_msg>(body);
  if (!socket)
    return std::nullopt;
  std::array<char, INET6_ADDRSTRLEN> host{};
  ::inet_ntop(socket->idiag_family, socket->id.idiag_src, host.data(), host.size());
  domain::ListenQueue queue;
  queue.address = fmt::format(fmt::runtime(socket->idiag_family == AF_INET6 ? "[{}]:{}" : "{}:{}"),
                              host.data(), ntohs(socket->id.idiag_sport));
  queue.length = socket->idiag_rqueue;
  queue.limit = socket->idiag_wqueue;
  const auto memory = attribute(behind(body, sizeof *socket), INET_DIAG_SKMEMINFO);
  if (const auto counts = first_of<std::array<std::uint32_t, SK_MEMINFO_DROPS + 1>>(memory))
    queue.dropped = counts->at(SK_MEMINFO_DROPS);
  return queue;
}

std::optional<domain::ListenQueue> unix_queue(std::span<const std::byte> body)
{
  const auto socket = first_of<unix_diag_msg>(body);
  if (!socket)
    return std::nullopt;
  const auto attributes = behind(body, sizeof *socket);
  const auto name = attribute(attributes, UNIX_DIAG_NAME);
  const auto lengths = first_of<unix_diag_rqlen>(attribute(attributes, UNIX_DIAG_RQLEN));
  if (name.empty() || !lengths)
    return std::nullopt;
  std::string_view path(reinterpret_cast<const char *>(name.data()), name.size());
  const bool is_abstract = path.front() == '\0';
  if (is_abstract)
    path.remove_prefix(1);
  else
    path = path.substr(0, path.find('\0'));
  domain::ListenQueue queue;
  queue.address = fmt::format("unix:{}{}", is_abstract ? "@" : "", path);
  queue.length = lengths->udiag_rqueue;
  queue.limit = lengths->udiag_wqueue;
  return queue;
}

} // namespace

std::vector<std::byte> diagnosis_request(SocketFamily family)
{
  if (family == SocketFamily::unix_stream) {
    unix_diag_req request{};
    request.sdiag_family = AF_UNIX;
    request.udiag_states = listening;
    request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_RQLEN;
    return request_of(request);
  }
  inet_diag_req_v2 request{};
  request.sdiag_family = family == SocketFamily::inet ? AF_INET : AF_INET6;
  request.sdiag_protocol = IPPROTO_TCP;
  request.idiag_states = listening;
  request.idiag_ext = 1U << (INET_DIAG_SKMEMINFO - 1U);
  return request_of(request);
}

Result<Diagnosis> decode_diagnosis(std::span<const std::byte> datagram)
{
  Diagnosis diagnosis;
  while (!datagram.empty()) {
    const auto header = first_of<nlmsghdr>(datagram);
    if (!header || header->nlmsg_len < sizeof *header || header->nlmsg_len > datagram.size())
      return failure(Error::Kind::malformed, "a message of the kernel's socket diagnostics is cut");
    const auto body = datagram.subspan(sizeof *header, header->nlmsg_len - sizeof *header);
    if (header->nlmsg_type == NLMSG_DONE) {
      diagnosis.done = true;
      return diagnosis;
    }
    if (header->nlmsg_type == NLMSG_ERROR) {
      const auto error = first_of<std::int32_t>(body);
      const bool is_errno = error && *error < 0 && *error >= -most_errno;
      return failed("ask the kernel's socket diagnostics", is_errno ? -*error : EPROTO);
    }
    const auto family = first_of<std::uint8_t>(body);
    if (header->nlmsg_type == SOCK_DIAG_BY_FAMILY && family) {
      auto queue = *family == AF_UNIX ? unix_queue(body) : inet_queue(body);
      if (queue)
        diagnosis.queues.push_back(std::move(*queue));
    }
    datagram = behind(datagram, header->nlmsg_len);
  }
  return diagnosis;
}

} // namespace linger::discover
