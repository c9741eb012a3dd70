// Probes on functions of user programs.

#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "kernel/link.h"

#include <bpf/libbpf.h>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace linger::kernel {

/// How a kernel attaches a program to several instructions of a file.
enum class UprobeWay {
  events,  // a perf event each; needs CAP_SYS_ADMIN
  multi,   // one link for all: v6.6 and newer
  session, // likewise, and the program at the entry decides whether it runs at the return: v6.13
};

/// The best that the running kernel has.
[[nodiscard]] UprobeWay best_uprobe_way();

/// To be called before the program is loaded.
void prepare_uprobe(bpf_program &program, UprobeWay way);

struct UprobePoint {
  std::uint64_t file_offset = 0;
  /// What bpf_get_attach_cookie() returns there.
  std::uint64_t cookie = 0;
};

/// Where to attach: instructions of one file, in one process.
struct UprobeTarget {
  std::string path;
  std::uint32_t tgid = 0;
  std::vector<UprobePoint> points;
};

/// Detaches when destroyed.
class UprobeLinks {
public:
  /// `at_return`: when the functions return, not at these instructions. Not for UprobeWay::session,
  /// which does both.
  [[nodiscard]] static Result<UprobeLinks> attach(const bpf_program &program, UprobeWay way,
                                                  const UprobeTarget &target, bool at_return);

private:
  [[nodiscard]] static Result<UprobeLinks>
  attach_events(const bpf_program &program, const UprobeTarget &target, bool at_return);

  UniqueFd multi_;
  std::vector<Link> events_;
};

/// Why a probe at a function's return would kill the process; empty when it would not. From v6.11
/// to v6.13 such a probe makes the process call uretprobe(2), which its seccomp filter need not
/// allow (v6.14, cf6cb56ef244, lets it pass).
[[nodiscard]] std::string return_probe_danger(std::uint32_t tgid);
/// The same of a release as uname(2) tells it and the text of /proc/TGID/status.
[[nodiscard]] bool kills_at_return(const std::string &release, const std::string &status);

} // namespace linger::kernel
