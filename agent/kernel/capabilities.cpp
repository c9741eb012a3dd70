#include "kernel/capabilities.h"

#include <array>
#include <cap-ng.h>

namespace linger::kernel {
namespace {

constexpr std::array needed{
  Capability{ CAP_BPF, "CAP_BPF", "bpf(2): loads the probes, makes their maps and reads them",
              "Nothing works.", true },
  Capability{ CAP_PERFMON, "CAP_PERFMON",
              "perf_event_open(2) and bpf(2): attaches the probes, lets them read the kernel's "
              "memory, samples what runs",
              "Nothing works.", true },
  Capability{ CAP_SYS_PTRACE, "CAP_SYS_PTRACE",
              "process_vm_readv(2), readlink(2) and open(2) below /proc/PID: finds other users' "
              "servers, and reads their Python stacks and heaps",
              "The files of other users' processes stay hidden in /proc, and with them their "
              "servers, and no wait has a Python line.",
              false },
  Capability{ CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH",
              "open(2) of what only its owner may read: /proc/PID/fd, environ and pagemap of other "
              "users' servers, their configuration, and tracefs",
              "Sockets and settings of other users' servers are not found.", false },
  Capability{ CAP_CHECKPOINT_RESTORE, "CAP_CHECKPOINT_RESTORE",
              "open(2) of /proc/PID/map_files: reads an interpreter whose file was replaced since, "
              "as an upgrade does",
              "Workers whose interpreter was replaced while they run have no Python lines.",
              false },
};

} // namespace

std::span<const Capability> needed_capabilities()
{
  return needed;
}

Held held(const Capability &capability)
{
  ::capng_get_caps_process();
  if (::capng_have_capability(CAPNG_EFFECTIVE, capability.number) != 0)
    return Held::yes;
  // The kernel takes CAP_SYS_ADMIN for these two, as before they were split from it.
  const bool split = capability.number == CAP_BPF || capability.number == CAP_PERFMON;
  return split && ::capng_have_capability(CAPNG_EFFECTIVE, CAP_SYS_ADMIN) != 0
             ? Held::implied_by_sys_admin
             : Held::no;
}

} // namespace linger::kernel
