// One process that serves requests: its threads, its memory, how busy it was.

#pragma once

#include "domain/lost_requests.h"
#include "domain/outgoing_aggregate.h"
#include "domain/report.h"
#include "domain/route.h"
#include "domain/thread_requests.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace linger::domain {

/// Memory is bounded: of more than `max_threads` threads, the one whose last request is the oldest
/// is forgotten. Not thread-safe.
class WorkerAggregate {
public:
  static constexpr std::size_t max_threads = 1024;
  static constexpr std::size_t max_reported_threads = 64;

  explicit WorkerAggregate(std::uint32_t tgid) : tgid_(tgid) {}

  /// Returns the requests that are whole now; the caller passes them to count().
  [[nodiscard]] std::vector<WholeRequest> add(const Request &request);
  void add(const Wait &wait);
  void add(const ThreadSample &sample);
  void add(const MemorySample &sample);
  void add(const OutgoingSample &sample, MonotonicTime window_begin);
  void add(const CpuLimitSample &sample);
  void add(const HeapGrowth &growth) { heap_growth_ = growth; }

  /// Nothing more will come: what is pending stands as it is.
  [[nodiscard]] std::vector<WholeRequest> finish();

  /// Sums a whole request. Only its part from `window_begin` on makes the worker busy; of an
  /// interleaved one, only what it held the thread for.
  void count(const WholeRequest &whole, MonotonicTime window_begin);

  /// `reason` for people: "killed by signal 9"; `event` where its end was seen.
  void exit(std::string reason, const std::optional<ProcessEvent> &event);
  void revive();
  [[nodiscard]] bool exited() const { return !exit_reason_.empty(); }

  [[nodiscard]] std::uint32_t tgid() const { return tgid_; }
  [[nodiscard]] std::uint64_t requests() const { return requests_; }

  /// `whole` is this worker with its pending requests counted: sums are taken from it, and what the
  /// threads do now from here.
  [[nodiscard]] WorkerReport report(const WorkerAggregate &whole, const TimeWindow &window,
                                    std::uint32_t threads_per_worker,
                                    const RouteTable &routes) const;

private:
  struct Thread {
    ThreadRequests requests;
    std::optional<ThreadSample> sample;
  };

  /// Null when there are too many.
  [[nodiscard]] Thread *room_for(std::uint32_t tid);
  void forget_thread(std::uint32_t tid, std::vector<WholeRequest> &whole);
  [[nodiscard]] static bool is_open(const Thread &thread);
  [[nodiscard]] Nanos busy_with_open_requests(const TimeWindow &window) const;
  void report_open_requests(WorkerReport &report, MonotonicTime now,
                            const RouteTable &routes) const;

  [[nodiscard]] std::vector<ThreadReport> busy_threads(MonotonicTime now,
                                                       const RouteTable &routes) const;

  std::uint32_t tgid_;
  std::string exit_reason_;
  std::optional<ProcessEvent> exit_;
  LostRequests lost_;
  std::map<std::uint32_t, Thread> threads_; // by tid
  std::uint64_t requests_ = 0;
  CauseTimes times_;
  Nanos throttled_{};
  Nanos busy_{};
  std::uint64_t minor_faults_ = 0;
  std::uint64_t major_faults_ = 0;
  std::optional<std::uint64_t> first_anonymous_bytes_;
  MemorySample memory_;
  OutgoingAggregate outgoing_;
  std::optional<CpuLimitSample> first_cpu_limit_;
  CpuLimitSample cpu_limit_;
  std::optional<HeapGrowth> heap_growth_;
};

/// What waitpid(2) reported, for people: "exited with status 0", "killed by signal 9".
[[nodiscard]] std::string exit_reason(int wait_status);

} // namespace linger::domain
