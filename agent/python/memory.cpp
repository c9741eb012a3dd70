#include "python/memory.h"

#include <cerrno>
#include <fmt/format.h>
#include <sys/uio.h>

namespace linger::python {

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

} // namespace linger::python
