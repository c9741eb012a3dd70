#include "kernel/run_time.h"

#include <bpf/bpf.h>

namespace linger::kernel {

RunTimeMeter::RunTimeMeter(std::vector<const bpf_program *> programs)
    : programs_(std::move(programs))
{
}

std::uint64_t RunTimeMeter::counted_ns() const
{
  std::uint64_t sum_ns = 0;
  for (const bpf_program *program : programs_) {
    bpf_prog_info info{};
    __u32 size_bytes = sizeof info;
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size_bytes) == 0)
      sum_ns += info.run_time_ns;
  }
  return sum_ns;
}

void RunTimeMeter::sample(std::chrono::nanoseconds now)
{
  if (started_.count() < 0)
    started_ = now;
  latest_ = now;
  if (counting_) {
    run_ns_ += counted_ns() - counted_before_ns_;
    measured_ += now - slice_began_;
    counting_.reset();
  } else if (available_ && slice_ % slices_per_measurement == 1) {
    // The first slice is left out: it holds the start of the agent, not its everyday work.
    counting_ = UniqueFd{ bpf_enable_stats(BPF_STATS_RUN_TIME) };
    available_ = static_cast<bool>(counting_);
    counted_before_ns_ = counted_ns();
    slice_began_ = now;
  }
  ++slice_;
}

std::chrono::nanoseconds RunTimeMeter::estimated() const
{
  if (measured_.count() <= 0)
    return std::chrono::nanoseconds{ 0 };
  const double scale =
      static_cast<double>((latest_ - started_).count()) / static_cast<double>(measured_.count());
  return std::chrono::nanoseconds{ static_cast<std::int64_t>(static_cast<double>(run_ns_) *
                                                             scale) };
}

double RunTimeMeter::measured_share() const
{
  const auto all = (latest_ - started_).count();
  return all <= 0 ? 0.0 : static_cast<double>(measured_.count()) / static_cast<double>(all);
}

} // namespace linger::kernel
