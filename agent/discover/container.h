// Which container a process is in, as far as the name of its control group tells.

#pragma once

#include "domain/container.h"

#include <string_view>

namespace linger::discover {

/// The id, the runtime and the pod's uid in the text of /proc/TGID/cgroup, as Docker, containerd,
/// CRI-O and Podman name their groups, under systemd and without, versions 1 and 2. Of nested
/// containers the innermost, in the innermost pod around it. All empty for a process of the host.
/// The runtime stays empty where a group is named by nothing but an id, as the kubelet without
/// systemd has them.
[[nodiscard]] domain::Container container_in(std::string_view cgroup);

/// Whether the text is what the kubelet calls a pod's uid: a UUID, or 32 digits for a static pod.
[[nodiscard]] bool is_pod_uid(std::string_view text);

} // namespace linger::discover
