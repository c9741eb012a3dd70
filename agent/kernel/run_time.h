// What the probes themselves cost.

#pragma once

#include "base/unique_fd.h"

#include <bpf/libbpf.h>
#include <chrono>
#include <cstdint>
#include <vector>

namespace linger::kernel {

/// Estimates the time spent inside a set of programs. The kernel can count it (v5.8,
/// BPF_ENABLE_STATS), but counting adds two clock reads to each run of every program on the host,
/// so it is done in a small part of the time and scaled up. Not thread-safe.
class RunTimeMeter {
public:
  /// One slice of counting in so many slices of sample().
  static constexpr unsigned slices_per_measurement = 20;

  explicit RunTimeMeter(std::vector<const bpf_program *> programs);

  /// To be called at about equal distances, several times a second.
  void sample(std::chrono::nanoseconds now);

  /// Since the first sample(), scaled; and the part of that time in which was really counted.
  [[nodiscard]] std::chrono::nanoseconds estimated() const;
  [[nodiscard]] double measured_share() const;
  /// False when the kernel refuses to count.
  [[nodiscard]] bool available() const { return available_; }

private:
  [[nodiscard]] std::uint64_t counted_ns() const;

  std::vector<const bpf_program *> programs_;
  UniqueFd counting_;
  bool available_ = true;
  unsigned slice_ = 0;
  std::uint64_t counted_before_ns_ = 0;
  std::chrono::nanoseconds started_{ -1 };
  std::chrono::nanoseconds latest_{};
  std::chrono::nanoseconds slice_began_{};
  std::chrono::nanoseconds measured_{};
  std::uint64_t run_ns_ = 0;
};

} // namespace linger::kernel
