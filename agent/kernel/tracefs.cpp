#include "kernel/tracefs.h"

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace linger::kernel {
namespace {

// glibc 2.36 has these calls, but its <sys/mount.h> clashes with <linux/mount.h> on some systems.
constexpr unsigned int config_create = 6; // FSCONFIG_CMD_CREATE

Result<UniqueFd> mount_detached_tracefs()
{
  const UniqueFd context{ static_cast<int>(::syscall(SYS_fsopen, "tracefs", 1U)) };
  if (!context)
    return failed("open tracefs (it is not mounted on /sys/kernel/tracing, and mounting it needs "
                  "CAP_SYS_ADMIN)",
                  errno);
  if (::syscall(SYS_fsconfig, context.get(), config_create, nullptr, nullptr, 0) != 0)
    return failed("set up tracefs", errno);
  UniqueFd mount{ static_cast<int>(::syscall(SYS_fsmount, context.get(), 1U, 0U)) };
  if (!mount)
    return failed("mount tracefs", errno);
  return mount;
}

} // namespace

Result<UniqueFd> open_tracefs()
{
  for (const char *path : { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" }) {
    UniqueFd directory{ ::open(path, O_PATH | O_DIRECTORY | O_CLOEXEC) };
    if (directory && ::faccessat(directory.get(), "events", X_OK, 0) == 0)
      return directory;
  }
  return mount_detached_tracefs();
}

Result<std::uint64_t> tracepoint_id(const std::string &category, const std::string &name)
{
  const auto tracefs = open_tracefs();
  if (!tracefs)
    return tl::unexpected(tracefs.error());
  const std::string path = "events/" + category + "/" + name + "/id";
  const UniqueFd file{ ::openat(tracefs->get(), path.c_str(), O_RDONLY | O_CLOEXEC) };
  if (!file && errno == ENOENT)
    return failure(Error::Kind::not_supported, "this kernel has no tracepoint " + category + ":" +
                                                   name + " (CONFIG_FTRACE_SYSCALLS)");
  if (!file)
    return failed("open the tracepoint " + category + ":" + name, errno);
  std::array<char, 32> text{};
  if (::read(file.get(), text.data(), text.size() - 1) <= 0)
    return failed("read the tracepoint " + category + ":" + name, errno);
  return std::strtoull(text.data(), nullptr, 10);
}

} // namespace linger::kernel
