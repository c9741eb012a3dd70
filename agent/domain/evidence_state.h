// What Evidence keeps: every observation so far, summed.

#pragma once

#include "domain/endpoint_aggregate.h"
#include "domain/evidence.h"
#include "domain/listen_aggregate.h"
#include "domain/load_sample.h"
#include "domain/observation.h"
#include "domain/profile.h"
#include "domain/report.h"
#include "domain/roster.h"
#include "domain/route.h"
#include "domain/worker_aggregate.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace linger::domain {

/// Credits each whole request to its worker and to the endpoint of its server. A request whose
/// process no server has claimed yet is held until one does; what is held too long is counted for
/// server 0. Copyable: a report is made of a copy in which everything open is ended. Not
/// thread-safe.
class EvidenceState {
public:
  EvidenceState(RouteTable routes, std::size_t max_endpoints, bool profiled)
      : routes_(std::move(routes)), max_endpoints_(max_endpoints), profiled_(profiled)
  {
  }

  void add(const Request &request);
  void add(const Wait &wait);
  void add(const ThreadSample &sample);
  void add(const MemorySample &sample);
  void add(const OutgoingSample &sample);
  void add(const CpuLimitSample &sample);
  void add(const ProcessEvent &event);
  void add(const ServersSeen &seen);
  void add(const CoverageSample &sample);
  void add(const ListenSample &sample);
  void add(const HeapGrowth &growth);
  void add(const AllocationsSeen &seen);
  void add(const Escalation &escalation);
  void add(const MemoryLook &look);
  void add(const GlobalsLook &look);
  void add(const WindowMark &mark);

  [[nodiscard]] Report report(bool with_open_requests) const;
  [[nodiscard]] Profile profile(ProfileKind kind) const;
  [[nodiscard]] bool traced_allocations() const;
  void tell_requests(RequestSink sink) { sink_ = std::move(sink); }

  /// Ends what is still open.
  void settle();

private:
  struct Process {
    WorkerAggregate worker;
    /// Whole requests that wait for their server to become known.
    std::vector<WholeRequest> held;
  };
  struct Ended {
    std::uint32_t server = 0;
    WorkerAggregate worker;
  };

  [[nodiscard]] Process &process(std::uint32_t tgid);
  [[nodiscard]] EndpointTable &endpoints_of(std::uint32_t server);
  void tell(std::uint32_t tgid, std::vector<WholeRequest> whole);
  void count(std::uint32_t server, WorkerAggregate &worker, const WholeRequest &whole);
  void count_held(std::uint32_t server, Process &process);
  void follow(const std::vector<Roster::Change> &changes);
  void note_gone(const ServersSeen &seen);
  void forget_server(std::uint32_t master);
  void join(const Roster::Change &change);
  void leave(const Roster::Change &change);

  /// With what is open ended as it stands.
  [[nodiscard]] EvidenceState settled_copy() const;
  /// Sums are taken from `settled`, and what the workers do now from here.
  [[nodiscard]] Report report_with(const EvidenceState &settled) const;
  [[nodiscard]] TimeWindow window() const;
  [[nodiscard]] Coverage coverage() const;
  [[nodiscard]] ServerReport server_report(const Server &server,
                                           const EvidenceState &settled) const;

  RouteTable routes_;
  std::size_t max_endpoints_;
  bool profiled_;
  RequestSink sink_;
  std::optional<MonotonicTime> begin_;
  ClockAnchor clock_;
  Roster roster_;
  std::map<std::uint32_t, Process> processes_;
  std::vector<std::uint32_t> strangers_; // tgids that no server has claimed, the earliest first
  std::vector<std::uint32_t> ended_;     // tgids that ended, the earliest first
  std::vector<Ended> reused_;            // whose tgid another process has now
  std::vector<std::uint32_t> gone_;      // servers that the latest scan did not show
  std::uint64_t forgotten_servers_ = 0;
  std::map<std::uint32_t, EndpointTable> endpoints_;             // by server
  std::map<std::uint32_t, ListenAggregate> listen_queues_;       // by server
  std::map<std::uint32_t, std::vector<Escalation>> escalations_; // by server
  std::map<std::uint32_t, LoadSample> loads_;                    // by server
  Coverage counted_;
  std::uint64_t stray_requests_ = 0;
  std::uint64_t nameless_pipelined_ = 0;
  std::optional<CoverageSample> first_cost_;
  CoverageSample latest_cost_;
};

} // namespace linger::domain
