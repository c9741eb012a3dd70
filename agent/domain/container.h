// The container that a process runs in, and the pod that the container is of.

#pragma once

#include <string>

namespace linger::domain {

/// All empty for a process of the host itself; otherwise what is not known is empty.
struct Container {
  /// The first 12 digits.
  std::string id;
  /// "containerd", "cri-o", "docker" or "podman".
  std::string runtime;
  /// As the kubelet has it: of a static pod, the hash of its manifest.
  std::string pod_uid;
  std::string pod_namespace;
  std::string pod;
  /// Its name in the pod.
  std::string name;
  /// What made the pod, as far as the pod's name tells: the Deployment, StatefulSet or DaemonSet.
  std::string workload;

  bool operator==(const Container &) const = default;
};

} // namespace linger::domain
