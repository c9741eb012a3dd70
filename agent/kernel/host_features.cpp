#include "kernel/host_features.h"

#include "base/unique_fd.h"
#include "kernel/capabilities.h"
#include "kernel/seccomp.h"
#include "kernel/tracefs.h"

#include <array>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cerrno>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>
#include <sys/utsname.h>
#include <unistd.h>

namespace linger::kernel {
namespace {

HostFeature available(std::string name, std::string detail)
{
  return { .name = std::move(name), .available = true, .detail = std::move(detail) };
}

HostFeature missing(std::string name, std::string detail, std::string remedy)
{
  return { .name = std::move(name),
           .available = false,
           .detail = std::move(detail),
           .remedy = std::move(remedy) };
}

HostFeature optional(HostFeature feature)
{
  feature.required = false;
  return feature;
}

HostFeature kernel_release()
{
  utsname names{};
  ::uname(&names);
  int major = 0;
  int minor = 0;
  std::sscanf(names.release, "%d.%d", &major, &minor);
  if (major > 5 || (major == 5 && minor >= 15))
    return available("kernel 5.15 or newer", names.release);
  return missing(
      "kernel 5.15 or newer", names.release,
      "The probes read system calls with bpf_task_pt_regs(), which came with 5.15. Upgrade "
      "the kernel.");
}

HostFeature kernel_btf()
{
  constexpr const char *name = "kernel BTF";
  if (::access("/sys/kernel/btf/vmlinux", R_OK) == 0)
    return available(name, "/sys/kernel/btf/vmlinux");
  return missing(name, fmt::format("/sys/kernel/btf/vmlinux: {}", std::strerror(errno)),
                 "The probes find the kernel's fields through it. Use a kernel built with "
                 "CONFIG_DEBUG_INFO_BTF=y (every current distribution's is).");
}

HostFeature capability(const Capability &capability)
{
  const Held held = kernel::held(capability);
  HostFeature feature =
      held == Held::no
          ? missing(capability.name, "not held",
                    fmt::format("{} Run as root, or give the agent this capability.",
                                capability.absence))
          : available(capability.name, held == Held::yes ? "held" : "implied by CAP_SYS_ADMIN");
  feature.required = capability.required;
  return feature;
}

HostFeature system_calls()
{
  constexpr const char *name = "system calls";
  const std::vector<std::string> refused = refused_system_calls();
  if (refused.empty())
    return available(name, "not filtered");
  return missing(name, fmt::format("{} refused by a filter", fmt::join(refused, ", ")),
                 "A container's seccomp profile, most likely: some want CAP_SYS_ADMIN for these. "
                 "deploy/container/seccomp.json allows them.");
}

HostFeature map_type(bpf_map_type type, const char *name, const char *since)
{
  const int supported = libbpf_probe_bpf_map_type(type, nullptr);
  if (supported > 0)
    return available(name, "works");
  return missing(name, supported < 0 ? std::strerror(-supported) : "not supported",
                 fmt::format("Needs kernel {} or newer and CAP_BPF.", since));
}

HostFeature tracepoint(const char *name, bool required, const char *remedy)
{
  const std::string title = fmt::format("BTF tracepoint {}", name);
  HostFeature feature = libbpf_find_vmlinux_btf_id(name, BPF_TRACE_RAW_TP) > 0
                            ? available(title, "present")
                            : missing(title, "absent", remedy);
  feature.required = required;
  return feature;
}

HostFeature syscall_tracepoint()
{
  constexpr const char *name = "tracepoint syscalls:sys_exit_accept4";
  if (const auto id = tracepoint_id("syscalls", "sys_exit_accept4"); !id)
    return missing(name, id.error().what,
                   "Marks the end of the accept queue. Mount tracefs (mount -t tracefs tracefs "
                   "/sys/kernel/tracing) or give CAP_SYS_ADMIN.");
  return available(name, "present");
}

HostFeature run_time_statistics()
{
  constexpr const char *name = "BPF run-time statistics";
  const UniqueFd statistics{ bpf_enable_stats(BPF_STATS_RUN_TIME) };
  if (statistics)
    return available(name, "works");
  return missing(name, std::strerror(errno),
                 "Without them the report cannot say what the probes cost. Needs CAP_SYS_ADMIN.");
}

int silent(libbpf_print_level, const char *, va_list)
{
  return 0;
}

} // namespace

std::vector<HostFeature> probe_host_features()
{
  // A probing that fails is an answer here, not an accident to be logged.
  const libbpf_print_fn_t print = libbpf_set_print(silent);
  std::vector<HostFeature> features{ kernel_release(), kernel_btf() };
  for (const Capability &each : needed_capabilities())
    features.push_back(capability(each));
  features.push_back(system_calls());
  const std::array of_the_kernel{
    map_type(BPF_MAP_TYPE_RINGBUF, "ring buffer", "5.8"),
    map_type(BPF_MAP_TYPE_TASK_STORAGE, "task storage", "5.11"),
    tracepoint("sched_switch", true, "The thread ledger hangs on it."),
    tracepoint("sock_recv_length", false,
               "Came with 6.3. Requests are cut at system calls instead, which costs more."),
    tracepoint("rseq_update", false,
               "Needs CONFIG_RSEQ. Python stacks are read whenever a thread blocks instead, which "
               "costs more."),
    syscall_tracepoint(),
    optional(run_time_statistics()),
  };
  features.insert(features.end(), of_the_kernel.begin(), of_the_kernel.end());
  libbpf_set_print(print);
  return features;
}

} // namespace linger::kernel
