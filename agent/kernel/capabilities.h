// The capabilities (capabilities(7)) that the agent works with, and the calls that want them.

#pragma once

#include <span>
#include <string>

namespace linger::kernel {

struct Capability {
  unsigned number;     // CAP_BPF
  const char *name;    // "CAP_BPF"
  const char *calls;   // which call wants it, and for what
  const char *absence; // what goes without it
  bool required;       // for the main job
};

/// All that everything wants which Linger measures on the host. deploy/systemd/lingerd.service
/// grants these and no others; a test compares the two.
[[nodiscard]] std::span<const Capability> needed_capabilities();

/// Whether this process has it in effect, or one that the kernel takes for it.
enum class Held { no, yes, implied_by_sys_admin };
[[nodiscard]] Held held(const Capability &capability);

} // namespace linger::kernel
