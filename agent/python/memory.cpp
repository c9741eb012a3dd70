#include "python/memory.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <fmt/format.h>
#include <sys/uio.h>

namespace linger::python {

Result<> Memory::read_pieces(std::span<const std::uint64_t> addresses, std::size_t piece_bytes,
                             std::span<std::byte> out) const
{
  assert(out.size() >= addresses.size() * piece_bytes);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const std::span<std::byte> piece = out.subspan(i * piece_bytes, piece_bytes);
    if (!read(addresses[i], piece))
      std::ranges::fill(piece, std::byte{});
  }
  return {};
}

Result<> ProcessMemory::read(std::uint64_t address, std::span<std::byte> out) const
{
  const iovec local{ .iov_base = out.data(), .iov_len = out.size() };
  // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the other process
  const iovec remote{ .iov_base = reinterpret_cast<void *>(address), .iov_len = out.size() };
  const auto tgid = static_cast<pid_t>(tgid_);
  const ssize_t count = ::process_vm_readv(tgid, &local, 1, &remote, 1, 0);
  if (count == static_cast<ssize_t>(out.size()))
    return {};
  if (count >= 0 || errno == EFAULT || errno == ESRCH)
    return failure(Error::Kind::not_found,
                   fmt::format("process {} has no {} bytes at {:#x}", tgid_, out.size(), address));
  return failed(fmt::format("read the memory of process {}", tgid_), errno);
}

Result<> ProcessMemory::read_pieces(std::span<const std::uint64_t> addresses,
                                    std::size_t piece_bytes, std::span<std::byte> out) const
{
  assert(out.size() >= addresses.size() * piece_bytes);
  std::array<iovec, IOV_MAX> remote{};
  for (std::size_t done = 0; done < addresses.size();) {
    const std::size_t wanted = std::min(addresses.size() - done, remote.size());
    for (std::size_t i = 0; i < wanted; ++i) {
      // NOLINTNEXTLINE(performance-no-int-to-ptr): an address of the other process
      remote[i] = { .iov_base = reinterpret_cast<void *>(addresses[done + i]),
                    .iov_len = piece_bytes };
    }
    const std::span<std::byte> room = out.subspan(done * piece_bytes, wanted * piece_bytes);
    const iovec local{ .iov_base = room.data(), .iov_len = room.size() };
    const ssize_t count =
        ::process_vm_readv(static_cast<pid_t>(tgid_), &local, 1, remote.data(), wanted, 0);
    if (count < 0 && errno != EFAULT)
      return errno == ESRCH
                 ? failure(Error::Kind::not_found, fmt::format("process {} is gone", tgid_))
                 : failed(fmt::format("read the memory of process {}", tgid_), errno);
    // It stops at the first that is not there, and may have begun with it.
    const std::size_t whole = count > 0 ? static_cast<std::size_t>(count) / piece_bytes : 0;
    done += whole;
    if (whole < wanted) {
      std::ranges::fill(out.subspan(done * piece_bytes, piece_bytes), std::byte{});
      ++done;
    }
  }
  return {};
}

} // namespace linger::python
