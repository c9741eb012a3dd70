#include "serve/convert.h"

#include "serve/convert_census.h"
#include "serve/convert_what_if.h"
#include "serve/escape.h"

#include <algorithm>
#include <chrono>

namespace linger::serve {
namespace {

v1::WorkerState state_of(domain::WorkerState state)
{
  switch (state) {
    case domain::WorkerState::unknown:
      return v1::WORKER_STATE_UNSPECIFIED;
    case domain::WorkerState::idle:
      return v1::WORKER_STATE_IDLE;
    case domain::WorkerState::busy:
      return v1::WORKER_STATE_BUSY;
    case domain::WorkerState::blocked:
      return v1::WORKER_STATE_BLOCKED;
    case domain::WorkerState::exited:
      return v1::WORKER_STATE_EXITED;
  }
  return v1::WORKER_STATE_UNSPECIFIED;
}

v1::WorkerMemory memory_of(const domain::WorkerMemory &memory)
{
  v1::WorkerMemory message;
  message.set_resident_bytes(memory.resident_bytes);
  message.set_anonymous_bytes(memory.anonymous_bytes);
  message.set_file_bytes(memory.file_bytes);
  message.set_shared_bytes(memory.shared_bytes);
  message.set_high_water_bytes(memory.high_water_bytes);
  message.set_growth_bytes(memory.growth_bytes);
  message.set_minor_faults(memory.minor_faults);
  message.set_major_faults(memory.major_faults);
  message.set_proportional_bytes(memory.proportional_bytes);
  if (memory.limit) {
    v1::MemoryLimit &limit = *message.mutable_limit();
    limit.set_group(valid_utf8(memory.limit->group));
    limit.set_limit_bytes(memory.limit->limit_bytes);
    limit.set_used_bytes(memory.limit->used_bytes);
  }
  return message;
}

v1::Pod pod_of(const domain::Container &container)
{
  v1::Pod message;
  message.set_namespace_(valid_utf8(container.pod_namespace));
  message.set_name(valid_utf8(container.pod));
  message.set_uid(valid_utf8(container.pod_uid));
  message.set_container(valid_utf8(container.name));
  message.set_workload(valid_utf8(container.workload));
  return message;
}

v1::PeerConnections connections_of(const domain::PeerReport &peer)
{
  v1::PeerConnections message;
  message.set_address(valid_utf8(peer.peer.address));
  message.set_name(valid_utf8(peer.peer.name));
  message.set_protocol(valid_utf8(peer.peer.protocol));
  message.set_cause(std::string(name_of(peer.peer.cause)));
  message.set_tls(peer.peer.tls);
  message.set_open(peer.open);
  message.set_in_use(peer.in_use);
  message.set_idle(peer.idle);
  message.set_idle_in_transaction(peer.idle_in_transaction);
  message.set_closed_by_peer(peer.closed_by_peer);
  message.set_opened(peer.opened);
  message.set_closed(peer.closed);
  message.set_most_open(peer.most_open);
  message.set_most_in_use(peer.most_in_use);
  message.set_oldest_ns(to_ns(peer.oldest));
  message.set_oldest_is_older(peer.oldest_was_there);
  message.set_longest_transaction_ns(to_ns(peer.longest_transaction));
  message.set_most_taken(peer.most_taken);
  message.set_limit(peer.limit);
  return message;
}

v1::CpuLimit cpu_limit_of(const domain::CpuLimitReport &limit)
{
  v1::CpuLimit message;
  message.set_group(valid_utf8(limit.group));
  message.set_quota_ns(to_ns(limit.quota));
  message.set_period_ns(to_ns(limit.period));
  message.set_periods(limit.periods);
  message.set_throttled_periods(limit.throttled_periods);
  message.set_throttled_ns(to_ns(limit.throttled));
  return message;
}

v1::WorkerEnd end_of(const domain::WorkerEnd &end)
{
  v1::WorkerEnd message;
  message.set_wait_status(end.wait_status);
  message.set_signal(end.signal);
  message.set_sender_tgid(end.sender_tgid);
  message.set_by_master(end.by_master);
  message.set_out_of_memory(end.out_of_memory);
  for (const domain::LostRequest &lost : end.lost) {
    v1::LostRequest &added = *message.add_lost();
    added.set_endpoint(valid_utf8(lost.endpoint));
    added.set_open_ns(to_ns(lost.open));
    added.set_cause(std::string(domain::name_of(lost.cause)));
    added.set_waited_ns(to_ns(lost.waited));
    added.set_what(valid_utf8(lost.what));
    added.set_code(valid_utf8(lost.code));
  }
  return message;
}

v1::AllocationTrace trace_of(const domain::AllocationTrace &trace)
{
  v1::AllocationTrace message;
  message.set_traced_ns(to_ns(trace.traced));
  message.set_interval_bytes(trace.interval_bytes);
  message.set_allocations_sampled(trace.sampled);
  message.set_requests_settled(trace.settled);
  message.set_requests_unsettled(trace.unsettled);
  message.set_overflowed(trace.overflowed);
  message.set_probe_hits(trace.hits);
  message.set_probe_cost_ns(to_ns(trace.cost));
  message.set_gap(valid_utf8(trace.gap));
  return message;
}

v1::Worker worker_of(const domain::WorkerReport &worker)
{
  v1::Worker message;
  message.set_tgid(worker.tgid);
  message.set_state(state_of(worker.state));
  message.set_requests(worker.requests);
  *message.mutable_blocked() = to_proto(worker.times);
  *message.mutable_memory() = memory_of(worker.memory);
  message.set_restarts(worker.restarts);
  message.set_threads(worker.threads);
  message.set_waits_on(valid_utf8(worker.waits_on));
  message.set_open_request_ns(to_ns(worker.open_request));
  message.set_open_request(valid_utf8(worker.open_request_endpoint));
  message.set_utilization(worker.utilization);
  message.set_exit_reason(valid_utf8(worker.exit_reason));
  for (const domain::PeerReport &peer : worker.connections)
    *message.add_connections() = connections_of(peer);
  message.set_throttled_ns(to_ns(worker.throttled));
  if (worker.cpu_limit)
    *message.mutable_cpu_limit() = cpu_limit_of(*worker.cpu_limit);
  if (worker.heap_growth)
    *message.mutable_heap_growth() = to_proto(*worker.heap_growth);
  if (worker.heap_growth && worker.globals)
    *message.mutable_heap_growth()->mutable_variables() = to_proto(*worker.globals);
  if (worker.end)
    *message.mutable_end() = end_of(*worker.end);
  if (worker.allocations)
    *message.mutable_allocations() = trace_of(*worker.allocations);
  return message;
}

v1::ListenQueue queue_of(const domain::ListenQueueReport &queue)
{
  v1::ListenQueue message;
  message.set_address(valid_utf8(queue.address));
  message.set_length(queue.length);
  message.set_max_length(queue.max_length);
  message.set_limit(queue.limit);
  message.set_dropped(queue.dropped);
  return message;
}

v1::MemoryEscalation escalation_of(const domain::Escalation &escalation,
                                   const domain::ClockAnchor &clock)
{
  v1::MemoryEscalation message;
  message.set_tgid(escalation.tgid);
  message.set_tier(tier_of(escalation.tier));
  message.set_endpoint(valid_utf8(escalation.endpoint));
  *message.mutable_start_time() = to_proto(clock.to_wall(escalation.begin));
  if (escalation.end)
    message.set_duration_ns(to_ns(*escalation.end - escalation.begin));
  message.set_reason(valid_utf8(escalation.reason));
  message.set_outcome(valid_utf8(escalation.outcome));
  return message;
}

/// /proc counts a start from boot in ticks of 1/100 s, whatever the kernel's own HZ is. The time
/// the host was suspended counts there but not in CLOCK_MONOTONIC; servers are not suspended.
domain::MonotonicTime started_at(const domain::WorkerProcess &process)
{
  constexpr std::uint64_t latest_ticks = 1ULL << 38U; // 87 years: keeps nonsense from overflowing
  using Ticks = std::chrono::duration<std::int64_t, std::centi>;
  return domain::MonotonicTime{ Ticks{
      static_cast<std::int64_t>(std::min(process.start_ticks, latest_ticks)) } };
}

} // namespace

v1::Server to_proto(const domain::ServerReport &report, const domain::ClockAnchor &clock)
{
  const domain::Server &server = report.server;
  v1::Server message;
  message.set_master_tgid(server.master_tgid);
  message.set_kind(name_of(server.kind));
  message.set_app(valid_utf8(server.app));
  message.set_worker_class(valid_utf8(server.worker_class));
  message.set_workers_configured(server.workers_configured);
  message.set_threads_per_worker(server.threads_per_worker);
  for (const std::string &address : server.listen)
    message.add_listen(valid_utf8(address));
  message.set_python_version(valid_utf8(server.python_version));
  message.set_container(valid_utf8(server.container.id));
  message.set_container_runtime(valid_utf8(server.container.runtime));
  if (!server.container.pod_uid.empty())
    *message.mutable_pod() = pod_of(server.container);
  message.set_timeout_seconds(server.timeout_seconds);
  message.set_preload(server.preload);
  message.set_max_requests(server.max_requests);
  for (const std::string &gap : server.gaps)
    message.add_gaps(valid_utf8(gap));
  if (report.what_if)
    *message.mutable_what_if() = to_proto(*report.what_if);

  for (const domain::ListenQueueReport &queue : report.listen_queues)
    *message.add_listen_queues() = queue_of(queue);
  for (const domain::Escalation &escalation : report.escalations)
    *message.add_escalations() = escalation_of(escalation, clock);
  for (const domain::WorkerReport &worker : report.workers) {
    v1::Worker &added = *message.add_workers();
    added = worker_of(worker);
    const auto process =
        std::ranges::find(server.workers, worker.tgid, &domain::WorkerProcess::tgid);
    if (process != server.workers.end() && process->start_ticks != 0)
      *added.mutable_start_time() = to_proto(clock.to_wall(started_at(*process)));
  }
  return message;
}

} // namespace linger::serve
