// The probes in bpf/probes/, loaded and attached.

#pragma once

#include "base/result.h"
#include "collect/worker_collector.h"
#include "kernel/link.h"
#include "kernel/map.h"
#include "kernel/probe.h"

#include "wire/loss.h"
#include "wire/outgoing_record.h"
#include "wire/peer.h"
#include "wire/python_layout.h"
#include "wire/wait_record.h"
#include "worker.skel.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace linger::collect {

/// Owns the skeleton and its links. Detaches and unloads when destroyed.
class WorkerProbe {
public:
  [[nodiscard]] static Result<WorkerProbe> load(const CollectorOptions &options);
  [[nodiscard]] Result<> attach();
  /// What only event loops need. Once attached, further calls change nothing.
  [[nodiscard]] Result<> attach_loops();

  /// What only servers that listen on a unix socket need, where the kernel has it. Once attached,
  /// further calls change nothing.
  [[nodiscard]] Result<> attach_unix();

  /// What tells with which exception a request failed. Once attached, further calls change nothing.
  [[nodiscard]] Result<> attach_tracebacks();

  [[nodiscard]] kernel::Map<std::uint32_t, std::uint8_t> watched_processes() const;
  [[nodiscard]] kernel::Map<std::uint16_t, std::uint8_t> listening_ports() const;
  [[nodiscard]] kernel::Map<std::uint16_t, std::uint8_t> port_causes() const;
  [[nodiscard]] kernel::Map<wait_target, peer> peers() const;
  [[nodiscard]] kernel::Map<std::uint32_t, python_layout> python_layouts() const;
  [[nodiscard]] kernel::Map<opened_key, std::uint64_t> opened_counts() const;
  [[nodiscard]] kernel::Map<std::uint64_t, std::uint8_t> used_unix_sockets() const;
  [[nodiscard]] const bpf_map &records() const { return *maps_.records; }

  /// Gives an object that is not loaded yet those of its maps that are here too.
  [[nodiscard]] Result<> share_maps_with(bpf_object &other) const;
  [[nodiscard]] std::uint32_t wake_up_bytes() const;

  /// By enum loss.
  [[nodiscard]] std::vector<std::uint64_t> loss_counts() const;
  [[nodiscard]] std::vector<const bpf_program *> programs() const;

  /// The bytes of one struct thread_record after the other.
  [[nodiscard]] Result<std::string> read_threads() const;
  /// Likewise of struct outgoing_record, of these workers at least.
  [[nodiscard]] Result<std::string> read_outgoing(const std::vector<std::uint32_t> &tgids) const;

  /// Why time on the CPU has no lines; empty when it has.
  [[nodiscard]] const std::string &sampler_failure() const { return sampler_failure_; }

  [[nodiscard]] bool uses_syscall_boundaries() const { return syscall_boundaries_; }
  [[nodiscard]] bool unix_attached() const { return unix_link_ != nullptr; }
  [[nodiscard]] bool loops_attached() const { return !loop_links_.empty(); }

private:
  using Loaded = kernel::Probe<worker_bpf, kernel::Stage::loaded>;
  using Attached = kernel::Probe<worker_bpf, kernel::Stage::attached>;

  WorkerProbe(Loaded loaded, bool syscall_boundaries);

  bool syscall_boundaries_;
  // Where the skeleton's own pointers point does not change when it is attached.
  decltype(worker_bpf::maps) maps_;
  decltype(worker_bpf::progs) programs_;
  std::variant<Loaded, Attached> probe_;
  [[nodiscard]] const bpf_object &object() const;
  [[nodiscard]] Result<> attach_to_syscall(const bpf_program &program,
                                           std::vector<kernel::Link> &links) const;

  std::vector<kernel::Link> links_;
  std::vector<kernel::Link> loop_links_;
  std::vector<kernel::Link> traceback_links_;
  kernel::Link unix_link_;
  std::string sampler_failure_;
  kernel::Link threads_;
  kernel::Link outgoing_; // over all processes; none where one can be looked at alone
};

} // namespace linger::collect
