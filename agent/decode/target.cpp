#include "decode/target.h"

#include "base/socket.h"
#include "decode/syscall_name.h"

#include "wire/wait_record.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace linger::decode {
namespace {

std::string inet(int family, const unsigned char *address)
{
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, address, text.data(), text.size());
  return text.data();
}

/// ::ffff:127.0.0.1 is 127.0.0.1 (RFC 4291, 2.5.5.2).
bool is_mapped_ipv4(const unsigned char *address)
{
  static constexpr std::array<unsigned char, 12> prefix{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
  return std::equal(prefix.begin(), prefix.end(), address);
}

std::string unix_path(const unsigned char *address)
{
  const auto *end = std::find(address, address + TARGET_ADDRESS_BYTES, 0);
  std::string path;
  for (const auto *byte = address; byte != end; ++byte)
    path += *byte >= 0x20 && *byte < 0x7f ? static_cast<char>(*byte) : '?';
  if (path.empty())
    return "unix socket";
  return path.starts_with('/') ? "unix:" + path : "unix:…" + path;
}

} // namespace

std::string describe(const wait_target &target, int syscall)
{
  const std::string port = std::to_string(target.port);
  switch (target.target_kind) {
    case TARGET_INET:
      return inet(AF_INET, target.address) + ":" + port;
    case TARGET_INET6:
      return is_mapped_ipv4(target.address) ? inet(AF_INET, target.address + 12) + ":" + port
                                            : "[" + inet(AF_INET6, target.address) + "]:" + port;
    case TARGET_UNIX:
      return unix_path(target.address);
    case TARGET_FILE:
      return "file";
    case TARGET_PIPE:
      return "pipe";
    case TARGET_FUTEX:
      return "futex";
    case TARGET_GIL:
      return "GIL";
    case TARGET_SAMPLE:
      return "sampled";
    default:
      return syscall < 0 ? "page fault" : syscall_name(syscall);
  }
}

std::optional<wait_target> target_of(const std::string &address, unsigned short port)
{
  wait_target target{};
  target.port = port;
  if (address.starts_with('/')) {
    target.target_kind = TARGET_UNIX;
    target.port = 0;
    const std::size_t skipped =
        address.size() > TARGET_ADDRESS_BYTES ? address.size() - TARGET_ADDRESS_BYTES : 0;
    std::memcpy(target.address, address.data() + skipped, address.size() - skipped);
    return target;
  }
  if (::inet_pton(AF_INET, address.c_str(), target.address) == 1) {
    target.target_kind = TARGET_INET;
    return target;
  }
  if (::inet_pton(AF_INET6, address.c_str(), target.address) == 1) {
    target.target_kind = TARGET_INET6;
    return target;
  }
  return std::nullopt;
}

} // namespace linger::decode
