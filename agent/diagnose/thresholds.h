// The figures at which a rule speaks up. docs/findings/ explains each beside its rule.

#pragma once

#include <cstdint>

namespace linger::diagnose {

struct Thresholds {
  // blocking-io-in-request

  /// Fewer requests of an endpoint are no pattern.
  std::uint64_t blocking_min_requests = 5;
  /// Blocked on something outside the process, mean per request.
  std::int64_t blocking_min_mean_ns = 20'000'000;
  /// The same as a part of the time a worker spent on the request.
  double blocking_min_ratio = 0.5;
  /// An endpoint that takes less than this part of the server's worker time is worth knowing only.
  double blocking_minor_ratio = 0.02;
  /// So many calls of one kind of peer per request, each no longer than this on average, are a loop
  /// that asks one by one for what could be asked for at once.
  std::uint64_t blocking_loop_min_calls = 10;
  std::int64_t blocking_loop_max_call_ns = 5'000'000;

  // blocked-event-loop

  /// Fewer requests of a server are no pattern.
  std::uint64_t loop_min_requests = 20;
  /// What requests wait for others to give the thread back, mean per request.
  std::int64_t loop_min_wait_mean_ns = 10'000'000;
  /// The same as a part of the requests' time.
  double loop_min_wait_ratio = 0.1;
  /// From this part on it is critical.
  double loop_critical_wait_ratio = 0.5;
  /// An endpoint whose requests keep the thread for less is not to blame.
  std::int64_t loop_min_held_mean_ns = 5'000'000;

  // workers-saturated

  /// Fewer requests of a server are no load.
  std::uint64_t saturated_min_requests = 20;
  /// Part of the window in which the workers' threads had a request.
  double saturated_min_utilization_ratio = 0.9;
  /// Time in the kernel's backlog that one connection in ten exceeds.
  std::int64_t saturated_min_accept_queue_p90_ns = 10'000'000;
  /// Requests that need more CPU than this part of their time would not gain from more workers.
  double saturated_max_cpu_ratio = 0.5;
  /// What the advice aims at: enough slack for a burst.
  double saturated_target_utilization_ratio = 0.7;

  // what-if: docs/design/what-if.md

  /// Fewer requests are no load that could be replayed.
  std::uint64_t what_if_min_requests = 50;
  /// A model that misses the measured throughput by more says nothing.
  double what_if_max_error_ratio = 0.2;
  /// From this part of the time in a worker on that requests wait for locks, threads are no remedy.
  double what_if_max_lock_ratio = 0.1;
  /// From this part on that gevent could wait for, it is worth a look.
  double what_if_min_greenlet_ratio = 0.8;

  // memory-retained

  /// Less per request is within what page-sized counters can tell.
  double retained_min_bytes_per_request = 256;
  /// One of these two must be reached as well: over the window, or per request.
  std::int64_t retained_min_total_bytes = 1'048'576;
  double retained_large_bytes_per_request = 4096;
  /// Growth of a whole server that leaves nobody time to wait for a release.
  double retained_critical_bytes_per_hour = 1'073'741'824;
  /// And what is left of the control group's memory lasts for less than this at the server's rate.
  double retained_critical_left_minutes = 60;
  /// What the stopgap lets a worker grow by before it is replaced.
  double retained_max_worker_growth_bytes = 268'435'456;

  // worker-timeout

  /// So many workers ended in the window make the finding critical.
  std::uint64_t end_critical_workers = 3;

  // idle-in-transaction

  /// Fewer requests that leave a transaction open may be an accident.
  std::uint64_t transaction_min_requests = 3;
  /// So long a connection stayed in an open transaction that no request used.
  std::int64_t transaction_min_idle_ns = 5'000'000'000;

  // request-near-timeout

  /// A request that took this part of what the server allows was near the end of its worker.
  double near_timeout_min_ratio = 0.8;

  // connections-near-limit

  /// So many of the connections that a database takes are taken.
  double connections_min_ratio = 0.8;
  /// What a database takes whose own setting cannot be read, of this server's workers alone; 0:
  /// then nothing is said of it.
  std::uint64_t connections_limit = 0;

  // connection-leak

  /// Fewer requests of a worker are no pattern.
  std::uint64_t leak_min_requests = 20;
  /// So many unused connections of one worker to one peer more than at the begin of the window, and
  /// so many more than it has use for.
  std::uint64_t leak_min_connections = 10;
  /// That growth per request.
  double leak_min_ratio = 0.01;

  // accept-queue-wait

  /// Fewer connections that were accepted are no pattern.
  std::uint64_t queue_min_connections = 20;
  /// Time in the kernel's backlog that one connection in ten exceeds.
  std::int64_t queue_min_p90_ns = 10'000'000;
  /// What connections wait there, as a part of all the requests' time.
  double queue_min_ratio = 0.1;
  /// So many attempts to connect that the kernel turned away are no accident.
  std::uint64_t queue_min_turned_away = 10;

  // cpu-overcommitted

  /// Fewer requests of a server are no load.
  std::uint64_t cpu_min_requests = 20;
  /// Ready to run and not running, mean per request.
  std::int64_t cpu_min_wait_mean_ns = 5'000'000;
  /// The same as a part of the time in a worker.
  double cpu_min_wait_ratio = 0.25;
  /// From this part on it is critical.
  double cpu_critical_wait_ratio = 0.5;

  // cpu-underused

  /// Fewer requests of a server are no load.
  std::uint64_t underused_min_requests = 20;
  /// The part of their time in a worker in which requests compute.
  double underused_min_computing_ratio = 0.5;
  /// So many of the host's CPUs have nothing to do, on average.
  double underused_min_idle_cpus = 0.5;

  // worker-class-mismatch

  /// Fewer requests of a server are no load.
  std::uint64_t class_min_requests = 20;
  /// Greenlets bring nothing to requests that wait for less than this part of their time.
  double class_max_waiting_ratio = 0.2;
  /// One request at a time is little for a worker whose requests wait for more than this part of
  /// their time,
  double class_min_waiting_ratio = 0.8;
  /// once the workers are busy for this part of the window.
  double class_min_utilization_ratio = 0.5;

  // pool-exhausted

  /// Fewer requests that wait for a connection may be an accident.
  std::uint64_t pool_min_requests = 5;
  /// Waiting for a connection, mean of the requests that wait.
  std::int64_t pool_min_wait_mean_ns = 10'000'000;
  /// All these waits, as a part of the endpoint's time in a worker.
  double pool_min_wait_ratio = 0.1;
  /// From this part on it is critical.
  double pool_critical_wait_ratio = 0.5;

  // overhead-budget-exceeded

  /// What watching a server costs, as a part of the CPU time of its requests.
  double overhead_max_ratio = 0.25;
  /// Less than so many CPUs is not worth a word, nor is a shorter window.
  double overhead_min_cpus = 0.1;
  std::int64_t overhead_min_window_ns = 10'000'000'000;

  // unhandled-exception

  /// Fewer failed requests of an endpoint may be an accident.
  std::uint64_t exception_min_requests = 3;
  /// From this part of the server's requests on it is critical.
  double exception_critical_ratio = 0.1;

  // gil-contention

  /// Fewer requests of a server are no pattern.
  std::uint64_t gil_min_requests = 20;
  /// Waiting for the interpreter's lock, mean per request.
  std::int64_t gil_min_wait_mean_ns = 5'000'000;
  /// The same as a part of the time in a worker.
  double gil_min_wait_ratio = 0.2;
  /// From this part on it is critical.
  double gil_critical_wait_ratio = 0.5;

  // lock-contention

  /// Fewer requests of a server are no pattern.
  std::uint64_t lock_min_requests = 20;
  /// Waiting for locks that requests hold, mean per request.
  std::int64_t lock_min_wait_mean_ns = 5'000'000;
  /// The same as a part of the time in a worker.
  double lock_min_wait_ratio = 0.2;
  /// From this part on it is critical.
  double lock_critical_wait_ratio = 0.5;

  // context-not-popped, session-not-closed

  /// Fewer objects beyond those that the requests in progress may need are no pattern.
  std::uint64_t request_objects_min = 10;

  // global-state-written-by-requests, global-state-grows

  /// A variable that changed in fewer looks was filled once, or by accident.
  std::uint64_t global_min_changes = 5;
  /// A container that has grown by less is no pattern.
  std::uint64_t global_grows_min_items = 50;
  /// Of a server, by each of the two: those that change most often.
  std::uint64_t global_most_findings = 5;

  // deadlock

  /// So long a request has waited for one lock without a break.
  std::int64_t deadlock_min_wait_ns = 10'000'000'000;

  // slow-client

  /// Fewer requests of an endpoint are no pattern.
  std::uint64_t client_min_requests = 5;
  /// Waiting for the client, mean per request.
  std::int64_t client_min_wait_mean_ns = 20'000'000;
  /// The same as a part of the time in a worker.
  double client_min_wait_ratio = 0.5;
  /// An endpoint whose clients take less than this part of the server's worker time is worth
  /// knowing only.
  double client_minor_ratio = 0.02;

  // slow-query

  /// A statement that was answered less often may have been unlucky.
  std::uint64_t query_min_count = 3;
  /// Waiting for one answer, mean.
  std::int64_t query_min_mean_ns = 100'000'000;
  /// A statement that takes less than this part of the requests' time in workers is worth knowing
  /// only.
  double query_minor_ratio = 0.02;
};

} // namespace linger::diagnose
