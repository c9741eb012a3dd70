// The probe in bpf/probes/allocation.bpf.c, loaded beside those of the workers, whose maps it
// shares.

#pragma once

#include "base/result.h"
#include "collect/allocator.h"
#include "collect/worker_probe.h"
#include "kernel/link.h"
#include "kernel/probe.h"
#include "kernel/uprobe.h"

#include "allocation.skel.h"

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace linger::collect {

/// How often the probes have interrupted a worker since they were loaded.
struct AllocationHits {
  std::uint64_t entries = 0;
  std::uint64_t returns = 0;
  std::uint64_t frees = 0;
};

/// Owns the skeleton and its links. Detaches and unloads when destroyed. Not thread-safe.
class AllocationProbe {
public:
  [[nodiscard]] static Result<AllocationProbe> load(const WorkerProbe &workers,
                                                    std::uint64_t interval_bytes);

  [[nodiscard]] Result<> attach(std::uint32_t tgid, const Allocator &allocator);
  /// What is allocated from now on is not seen; what is freed is.
  void detach_allocations();
  void detach_all();
  /// The process is gone, and another may get its number.
  void forget(std::uint32_t tgid);

  /// What one interruption costs here, without what the program does.
  [[nodiscard]] Result<std::chrono::nanoseconds> measure_price() const;
  [[nodiscard]] AllocationHits hits() const;
  [[nodiscard]] std::vector<const bpf_program *> programs() const;
  /// Why what a process with this allocator maps by itself is not seen; empty where it is.
  [[nodiscard]] std::string mapping_gap(const Allocator &allocator) const;

private:
  using Loaded = kernel::Probe<allocation_bpf, kernel::Stage::loaded>;

  struct Links {
    std::vector<kernel::UprobeLinks> allocations;
    kernel::UprobeLinks frees;
  };

  void attach_mappings(std::uint32_t tgid, const Allocator &allocator);

  AllocationProbe(Loaded loaded, kernel::UprobeWay way) : probe_(std::move(loaded)), way_(way) {}

  Loaded probe_;
  kernel::UprobeWay way_;
  std::map<std::uint32_t, Links> links_; // by tgid
  std::vector<kernel::Link> mapping_begins_;
  std::vector<kernel::Link> mapping_ends_;
  std::string mapping_gap_;
};

} // namespace linger::collect
