// What some workers allocate and free, as observations.

#pragma once

#include "base/result.h"
#include "collect/allocation_probe.h"
#include "collect/python_lines.h"
#include "decode/allocation_decoder.h"
#include "domain/allocation.h"
#include "domain/observation.h"
#include "domain/trace_budget.h"
#include "kernel/run_time.h"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <vector>

namespace linger::collect {

/// One trace, from its start to its destruction, which detaches everything. Not thread-safe.
class AllocationCollector {
public:
  /// Loads the probe and attaches it to the allocators of these workers. One that cannot be traced
  /// says so in what it observes; fails when the probe itself cannot be loaded. `window`: how long
  /// the trace is going to take, which the budget is shared out over.
  [[nodiscard]] static Result<std::unique_ptr<AllocationCollector>>
  start(const WorkerProbe &workers, PythonLines &lines, const std::filesystem::path &proc,
        const std::vector<std::uint32_t> &tgids, const domain::AllocationQuery &query,
        std::chrono::nanoseconds window);

  void add(const decode::SampledAllocation &sampled);
  void add(const decode::FreedAllocation &freed);

  /// To be called several times a second: counts what the probes cost and takes them off when their
  /// budget is used up.
  void keep_budget();

  /// What was seen since the last time, one for each worker.
  [[nodiscard]] std::vector<domain::AllocationsSeen> take();
  /// The trace is over: what was seen until now, for the last time. Detaches.
  [[nodiscard]] std::vector<domain::AllocationsSeen> finish();
  /// The process has ended: what was seen of it, for the last time.
  [[nodiscard]] std::vector<domain::AllocationsSeen> end(std::uint32_t tgid);

private:
  AllocationCollector(AllocationProbe probe, PythonLines &lines,
                      const domain::AllocationQuery &query);

  void stop(domain::TraceBudget::Verdict verdict);
  void complete(domain::AllocationsSeen &seen) const;

  AllocationProbe probe_;
  PythonLines &lines_;
  domain::AllocationQuery query_;
  domain::TraceBudget budget_{ {}, {} };
  std::chrono::nanoseconds price_{}; // of an interruption, without the program's own time
  kernel::RunTimeMeter run_time_;
  std::chrono::nanoseconds run_time_sampled_{};
  std::chrono::nanoseconds began_{};
  domain::Nanos cost_{};
  AllocationHits hits_;
  bool stopped_allocations_ = false;
  bool stopped_ = false;
  std::map<std::uint32_t, domain::AllocationsSeen> seen_; // by tgid
};

} // namespace linger::collect
