// System calls that a seccomp filter keeps from us, as container runtimes have them.

#pragma once

#include <string>
#include <vector>

namespace linger::kernel {

/// Those of "bpf", "perf_event_open" and "process_vm_readv" that are refused although this process
/// has the capability for them, so that nothing but a filter (or another security module) does.
/// Each is called in a way that does nothing.
[[nodiscard]] std::vector<std::string> refused_system_calls();

} // namespace linger::kernel
