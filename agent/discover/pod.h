// What the node itself knows of a container's pod, without asking the API server.

#pragma once

#include "domain/container.h"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linger::discover {

/// A directory of the node's pod logs.
struct PodLogs {
  std::string pod_namespace;
  std::string pod;
  std::string uid;
};

/// "NAMESPACE_POD_UID", as the kubelet names a pod's directory of logs; nullopt for other text:
/// none of the three has a '_'.
[[nodiscard]] std::optional<PodLogs> pod_logs_named(std::string_view directory);

/// The container's name in the text of /proc/TGID/mountinfo: the kubelet gives each container a
/// file for its last words, and the host knows it as .../pods/UID/containers/NAME/SUFFIX. Empty
/// where it has none.
[[nodiscard]] std::string container_name_in(std::string_view mountinfo, std::string_view pod_uid);

/// "web" of "web-7d9c5b8f6d-x2x4z" (a Deployment's), "web-0" (a StatefulSet's) and "web-x2x4z" (a
/// DaemonSet's or a Job's); otherwise the name itself. Names are all it knows: a pod that somebody
/// called so by hand is taken for one of these.
[[nodiscard]] std::string workload_of(std::string_view pod);

/// The pods of this node by their logs. Reads the directory once, for all the servers of one look.
class NodePods {
public:
  /// `logs` is /var/log/pods or what that is called here.
  explicit NodePods(std::filesystem::path logs) : logs_(std::move(logs)) {}

  /// Fills in what is known of the pod of a process that is in one. Returns the sentence that is
  /// needed where its name is not.
  [[nodiscard]] std::optional<std::string>
  describe(const std::filesystem::path &proc, std::uint32_t tgid, domain::Container &container);

private:
  void read();
  [[nodiscard]] std::string only_container_in(const PodLogs &pod) const;

  std::filesystem::path logs_;
  std::optional<std::map<std::string, PodLogs>> by_uid_; // set by read()
  std::string failure_;
};

} // namespace linger::discover
