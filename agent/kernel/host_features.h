// What this kernel and this user allow.

#pragma once

#include <string>
#include <vector>

namespace linger::kernel {

/// One thing that the probes need or can use.
struct HostFeature {
  std::string name; // "task storage"
  bool available = false;
  bool required = true;
  std::string detail; // what was found: "6.18.44"
  std::string remedy; // what its absence costs and how to get it; empty when available
};

/// Asks the running kernel, by doing the thing where that is harmless. Leaves nothing behind.
[[nodiscard]] std::vector<HostFeature> probe_host_features();

} // namespace linger::kernel
