// One report: what was seen in a window, what is wrong, and how complete the view was. The words
// are those of proto/linger/v1, where each field's meaning and unit stand; serve/ translates.

#pragma once

#include "domain/calls.h"
#include "domain/cause.h"
#include "domain/census.h"
#include "domain/cpu_limit.h"
#include "domain/escalation.h"
#include "domain/exemplar.h"
#include "domain/finding.h"
#include "domain/globals.h"
#include "domain/growth_estimate.h"
#include "domain/load_sample.h"
#include "domain/memory_limit.h"
#include "domain/outgoing.h"
#include "domain/quantile_sketch.h"
#include "domain/server.h"
#include "domain/time.h"
#include "domain/what_if.h"
#include "domain/worker_end.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace linger::domain {

enum class WorkerState { unknown, idle, busy, blocked, exited };

struct WorkerMemory {
  std::uint64_t resident_bytes = 0;
  std::uint64_t anonymous_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t shared_bytes = 0;
  std::uint64_t high_water_bytes = 0;
  std::int64_t growth_bytes = 0;
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  /// Its control group's, at the end of the window.
  std::optional<MemoryLimit> limit = std::nullopt;
  /// At the latest look at it; 0 when there was none.
  std::uint64_t proportional_bytes = 0;
};

/// How well one worker's allocations were seen.
struct AllocationTrace {
  std::uint32_t tgid = 0;
  /// How long frees were seen.
  Nanos traced{};
  /// One byte in so many was sampled; 0 when nothing was allocated.
  std::uint64_t interval_bytes = 0;
  std::uint64_t sampled = 0;
  /// Requests that were seen whole: settled by the end, and not.
  std::uint64_t settled = 0;
  std::uint64_t unsettled = 0;
  /// What found no room in the agent.
  std::uint64_t overflowed = 0;
  /// Of all workers traced together: how often they were interrupted, and what that took.
  std::uint64_t hits = 0;
  Nanos cost{};
  /// Why something was not seen; empty when there is no reason.
  std::string gap;

  bool operator==(const AllocationTrace &) const = default;
};

/// What one thread does when the window ends.
struct ThreadReport {
  std::uint32_t tid = 0;
  Cause cause = Cause::other;
  /// For how long it has been doing that without a break.
  Nanos since{};
  /// "GET /report/{}", and for how long; empty and 0 while it has no request.
  std::string endpoint;
  Nanos open{};
  /// As in ThreadSample.
  bool response_begun = false;
  std::uint64_t lock = 0;
  bool lock_shared = false;
  std::string code;
  bool for_event = false;

  bool operator==(const ThreadReport &) const = default;
};

struct WorkerReport {
  std::uint32_t tgid = 0;
  WorkerState state = WorkerState::unknown;
  std::uint64_t requests = 0;
  CauseTimes times;
  WorkerMemory memory;
  std::uint32_t restarts = 0;
  std::uint32_t threads = 0;
  std::string waits_on;
  Nanos open_request{};
  std::string open_request_endpoint;
  /// 0 to 1.
  double utilization = 0;
  std::string exit_reason;
  std::vector<PeerReport> connections;
  /// Nothing where no limit is set.
  std::optional<CpuLimitReport> cpu_limit;
  /// Of the requests' time in the run queue.
  Nanos throttled{};
  /// Nothing where its heap was not looked at.
  std::optional<HeapGrowth> heap_growth;
  /// Nothing where its modules' variables were not looked at.
  std::optional<GlobalsReport> globals;
  /// Nothing while it lives, and where its end was not seen.
  std::optional<WorkerEnd> end;
  /// Nothing where its allocations were not traced.
  std::optional<AllocationTrace> allocations;
  /// Those that have a request, and those that do something else than nothing; the longest at it
  /// first, and of many the first ones.
  std::vector<ThreadReport> busy_threads;
};

struct ListenQueueReport {
  std::string address;
  std::uint32_t length = 0;
  std::uint32_t max_length = 0;
  std::uint32_t limit = 0;
  std::uint64_t dropped = 0;

  bool operator==(const ListenQueueReport &) const = default;
};

struct ServerReport {
  Server server;
  std::vector<ListenQueueReport> listen_queues;
  /// Those alive and those that ended in the window.
  std::vector<WorkerReport> workers;
  /// Closer looks at its workers' memory, the earliest first; of many, the latest.
  std::vector<Escalation> escalations;
  /// Its latest requests, where a thread serves one at a time.
  std::vector<LoadRequest> load;
  /// Nothing where its requests need not wait to be served, or cannot be replayed.
  std::optional<WhatIf> what_if;
};

struct SiteReport {
  Cause cause = Cause::other;
  /// The thread of an event loop waited there itself, and with it all the requests that it served.
  bool held_loop = false;
  std::string what;
  std::string code;
  std::string statement;
  std::uint64_t waits = 0;
  /// Of these, the ones in requests that had asked this kind of peer ten times by then.
  std::uint64_t repeated = 0;
  Nanos total{};
  Nanos max{};
  std::uint64_t requests = 0;
};

/// Requests that failed in one way: without a response, or with a status of 500 or more.
struct FailureReport {
  /// 0 without a response.
  int status = 0;
  /// As Request::exception_type and exception_code; empty where no traceback was seen.
  std::string exception_type;
  std::string exception_code;
  std::uint64_t requests = 0;

  bool operator==(const FailureReport &) const = default;
};

struct MemorySite {
  std::string what;
  std::int64_t retained_bytes = 0;
  std::int64_t count = 0;
};

struct EndpointMemory {
  std::uint64_t allocated_bytes = 0;
  std::int64_t retained_bytes = 0;
  double retained_bytes_per_request = 0;
  /// Bounds of retained_bytes_per_request; those of all endpoints hold together with 95 %.
  double low = 0;
  double high = 0;
  /// The same two bounds fitted to the later half of the window alone: growth that has ended
  /// (warm-up, a cache that reached its ceiling) shows here as bounds around zero.
  double late_low = 0;
  double late_high = 0;
  MemoryTier tier = MemoryTier::none;
  double faults_per_request = 0;
  std::vector<MemorySite> sites;
  /// Of what is kept, that in small objects of Python, which is counted exactly and so is known
  /// long before the rest; nothing where that cannot be read, or too little was seen.
  std::optional<GrowthEstimate> small_objects;
};

struct EndpointReport {
  std::uint32_t server = 0;
  std::string method;
  std::string route;
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  QuantileSketch wall_ns;
  /// Accept-queue time of the requests that had one: the first of each connection.
  QuantileSketch accept_queue_ns;
  CauseTimes times;
  /// Of the time in the run queue: the workers' groups had used up their CPU time.
  Nanos throttled{};
  Calls calls;
  /// Connections that its requests opened.
  Calls opened;
  /// Requests that ended with a transaction open.
  std::uint64_t open_transactions = 0;
  /// Requests whose client is on this host.
  std::uint64_t local_clients = 0;
  std::vector<SiteReport> sites;
  /// Adds up to `errors`; the most frequent first.
  std::vector<FailureReport> failures;
  /// The shortest first. Only for those who are told of traces: no part of a v1.Report.
  std::vector<Exemplar> exemplars;
  EndpointMemory memory;
};

struct Coverage {
  std::uint64_t requests_seen = 0;
  std::uint64_t requests_broken = 0;
  std::uint64_t requests_lost = 0;
  std::uint64_t records_seen = 0;
  std::uint64_t records_lost = 0;
  Nanos agent_cpu{};
  Nanos bpf_run{};
  std::uint64_t agent_rss_bytes = 0;
  Nanos host_cpu{};
  Nanos host_steal{};
  /// At the end of the window; 0 when not known.
  std::uint64_t host_available_bytes = 0;
  /// Of host_cpu, what was not idle; 0 when not known.
  Nanos host_busy{};
  std::vector<std::string> gaps;
};

struct Report {
  ClockAnchor clock;
  TimeWindow window;
  std::vector<ServerReport> servers;
  std::vector<EndpointReport> endpoints;
  std::vector<Finding> findings;
  Coverage coverage;
};

/// "GET /report/{}".
[[nodiscard]] inline std::string endpoint_name(const EndpointReport &endpoint)
{
  return endpoint.method + " " + endpoint.route;
}

} // namespace linger::domain
