// Answers of the kernel's socket diagnostics, as it sends them.

#pragma once

#include "base/socket.h"
#include "discover/socket_diagnosis.h"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <string>
#include <vector>

namespace linger::discover::test {

template <typename T>
void append(std::vector<std::byte> &bytes, const T &value)
{
  const auto added = std::as_bytes(std::span(&value, 1));
  bytes.insert(bytes.end(), added.begin(), added.end());
}

inline void append_attribute(std::vector<std::byte> &bytes, unsigned short type,
                             std::span<const std::byte> value)
{
  append(bytes, rtattr{ static_cast<unsigned short>(sizeof(rtattr) + value.size()), type });
  bytes.insert(bytes.end(), value.begin(), value.end());
  bytes.resize(NLMSG_ALIGN(bytes.size()));
}

inline std::vector<std::byte> message_of(unsigned short type, const std::vector<std::byte> &body)
{
  std::vector<std::byte> bytes;
  append(bytes, nlmsghdr{ .nlmsg_len = static_cast<std::uint32_t>(sizeof(nlmsghdr) + body.size()),
                          .nlmsg_type = type,
                          .nlmsg_flags = NLM_F_MULTI,
                          .nlmsg_seq = 0,
                          .nlmsg_pid = 0 });
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

struct InetSocket {
  SocketFamily family = SocketFamily::inet;
  std::uint32_t drops = 0;
};

/// A listening socket on port 8000 of the loopback, 3 of 128 connections waiting.
inline std::vector<std::byte> diagnosis_message(const InetSocket &socket)
{
  inet_diag_msg message{};
  message.idiag_family = socket.family == SocketFamily::inet ? AF_INET : AF_INET6;
  message.id.idiag_sport = htons(8000);
  message.id.idiag_src[socket.family == SocketFamily::inet ? 0 : 3] =
      htonl(socket.family == SocketFamily::inet ? INADDR_LOOPBACK : 1);
  message.idiag_rqueue = 3;
  message.idiag_wqueue = 128;
  std::vector<std::byte> body;
  append(body, message);
  std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
  memory[SK_MEMINFO_DROPS] = socket.drops;
  const std::array shutdown{ std::byte{ 0 } };
  append_attribute(body, INET_DIAG_SHUTDOWN, shutdown);
  append_attribute(body, INET_DIAG_SKMEMINFO, std::as_bytes(std::span(memory)));
  return message_of(SOCK_DIAG_BY_FAMILY, body);
}

inline std::vector<std::byte> unix_diagnosis_message(const std::string &name)
{
  std::vector<std::byte> body;
  append(body, unix_diag_msg{ .udiag_family = AF_UNIX,
                              .udiag_type = SOCK_STREAM,
                              .udiag_state = 10,
                              .pad = 0,
                              .udiag_ino = 4711,
                              .udiag_cookie = {} });
  if (!name.empty())
    append_attribute(body, UNIX_DIAG_NAME, std::as_bytes(std::span(name)));
  const unix_diag_rqlen lengths{ 3, 128 };
  append_attribute(body, UNIX_DIAG_RQLEN, std::as_bytes(std::span(&lengths, 1)));
  return message_of(SOCK_DIAG_BY_FAMILY, body);
}

inline std::vector<std::byte> done_message()
{
  return message_of(NLMSG_DONE, std::vector<std::byte>(4));
}

inline std::vector<std::byte> error_message(std::int32_t error)
{
  std::vector<std::byte> body;
  append(body, error);
  append(body, nlmsghdr{});
  return message_of(NLMSG_ERROR, body);
}

} // namespace linger::discover::test
