#include "kernel/seccomp.h"

#include "kernel/capabilities.h"

#include <algorithm>
#include <cerrno>
#include <string_view>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace linger::kernel {
namespace {

bool has(std::string_view name)
{
  const auto capabilities = needed_capabilities();
  const auto capability =
      std::ranges::find_if(capabilities, [&](const Capability &each) { return name == each.name; });
  return capability != capabilities.end() && held(*capability) != Held::no;
}

/// Filters answer EPERM, or ENOSYS as if the kernel had no such call.
bool refused(long result)
{
  return result < 0 && (errno == EPERM || errno == ENOSYS);
}

} // namespace

std::vector<std::string> refused_system_calls()
{
  std::vector<std::string> calls;
  // There is no command of that number: EINVAL.
  if (has("CAP_BPF") && refused(::syscall(SYS_bpf, -1, nullptr, 0)))
    calls.emplace_back("bpf");
  // Nothing says what to open: EFAULT.
  if (has("CAP_PERFMON") && refused(::syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0)))
    calls.emplace_back("perf_event_open");
  // Of ourselves, nothing.
  if (refused(::process_vm_readv(::getpid(), nullptr, 0, nullptr, 0, 0)))
    calls.emplace_back("process_vm_readv");
  return calls;
}

} // namespace linger::kernel
