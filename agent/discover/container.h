#pragma once

#include <string>
#include <string_view>

namespace linger::discover {

/// The first 12 digits of the container's id in the text of /proc/TGID/cgroup, as Docker,
/// containerd, CRI-O and Podman name their groups, under systemd and without. Empty for a process
/// of the host.
[[nodiscard]] std::string container_in(std::string_view cgroup);

} // namespace linger::discover
