#include "serve/recording_codec.h"

#include "linger/recording/v1/recording.pb.h"

#include <algorithm>

namespace linger::serve {
namespace {

namespace pb = recording::v1;

static_assert(pb::CAUSE_ON_CPU == static_cast<int>(domain::Cause::on_cpu) + 1);
static_assert(pb::CAUSE_LOCK == static_cast<int>(domain::Cause::lock) + 1);
static_assert(pb::CAUSE_IDLE == static_cast<int>(domain::Cause::idle) + 1);

static_assert(pb::SERVER_KIND_GUNICORN == static_cast<int>(domain::ServerKind::gunicorn) + 1);
static_assert(pb::SERVER_KIND_MOD_WSGI == static_cast<int>(domain::ServerKind::mod_wsgi) + 1);
static_assert(pb::ServerKind_MAX == domain::all_server_kinds.size());

pb::Cause cause_of(domain::Cause cause)
{
  return static_cast<pb::Cause>(static_cast<int>(cause) + 1);
}

std::int64_t ns_of(domain::MonotonicTime time)
{
  return time.time_since_epoch().count();
}

std::uint64_t span_ns(domain::Nanos span)
{
  return static_cast<std::uint64_t>(std::max<std::int64_t>(span.count(), 0));
}

pb::ClockAnchor clock_of(const domain::ClockAnchor &clock)
{
  pb::ClockAnchor message;
  message.set_monotonic_ns(ns_of(clock.monotonic));
  message.set_wall_ns(clock.wall.time_since_epoch().count());
  return message;
}

pb::Server server_of(const domain::Server &server)
{
  pb::Server message;
  message.set_master_tgid(server.master_tgid);
  message.set_kind(static_cast<pb::ServerKind>(static_cast<int>(server.kind) + 1));
  message.set_app(server.app);
  message.set_worker_class(server.worker_class);
  message.set_workers_configured(server.workers_configured);
  message.set_threads_per_worker(server.threads_per_worker);
  message.mutable_listen()->Add(server.listen.begin(), server.listen.end());
  message.set_python_version(server.python_version);
  message.set_container(server.container.id);
  if (server.container != domain::Container{ .id = server.container.id }) {
    pb::Pod &pod = *message.mutable_pod();
    pod.set_runtime(server.container.runtime);
    pod.set_uid(server.container.pod_uid);
    pod.set_pod_namespace(server.container.pod_namespace);
    pod.set_name(server.container.pod);
    pod.set_container(server.container.name);
    pod.set_workload(server.container.workload);
  }
  message.set_timeout_seconds(server.timeout_seconds);
  message.set_preload(server.preload);
  message.set_max_requests(server.max_requests);
  for (const domain::WorkerProcess &worker : server.workers) {
    pb::WorkerProcess &added = *message.add_workers();
    added.set_tgid(worker.tgid);
    added.set_start_ticks(worker.start_ticks);
    added.set_threads(worker.threads);
  }
  message.mutable_gaps()->Add(server.gaps.begin(), server.gaps.end());
  return message;
}

pb::PeerConnections connections_of(const domain::PeerConnections &connections)
{
  pb::PeerConnections message;
  message.set_address(connections.peer.address);
  message.set_name(connections.peer.name);
  message.set_protocol(connections.peer.protocol);
  message.set_cause(cause_of(connections.peer.cause));
  message.set_tls(connections.peer.tls);
  message.set_open(connections.open);
  message.set_in_use(connections.in_use);
  message.set_idle_in_transaction(connections.idle_in_transaction);
  message.set_closed_by_peer(connections.closed_by_peer);
  message.set_opened(connections.opened);
  message.set_closed(connections.closed);
  if (connections.oldest_since)
    message.set_oldest_since_ns(ns_of(*connections.oldest_since));
  message.set_oldest_was_there(connections.oldest_was_there);
  if (connections.transaction_since)
    message.set_transaction_since_ns(ns_of(*connections.transaction_since));
  message.set_taken(connections.taken);
  message.set_limit(connections.limit);
  return message;
}

void add_path(pb::RetainingPath &message, const domain::RetainingPath &path)
{
  message.set_text(path.text);
  message.set_objects(path.objects);
}

/// One overload a kind of observation.
struct FrameMaker {
  pb::Frame &frame;

  void operator()(const domain::Request &request) const
  {
    pb::Request &message = *frame.mutable_request();
    message.set_tgid(request.tgid);
    message.set_tid(request.tid);
    message.set_sequence(request.sequence);
    message.set_connection(request.connection);
    message.set_begin_ns(ns_of(request.window.begin));
    message.set_end_ns(ns_of(request.window.end));
    for (const domain::Cause cause : domain::all_causes()) {
      if (request.times[cause] <= domain::Nanos::zero())
        continue;
      pb::CauseTime &time = *message.add_times();
      time.set_cause(cause_of(cause));
      time.set_spent_ns(span_ns(request.times[cause]));
    }
    message.set_method(request.method);
    message.set_path(request.path);
    message.set_status(static_cast<std::uint32_t>(std::max(request.status, 0)));
    message.set_received_bytes(request.received_bytes);
    message.set_sent_bytes(request.sent_bytes);
    message.set_minor_faults(request.minor_faults);
    message.set_major_faults(request.major_faults);
    message.set_anonymous_begin_bytes(request.anonymous_begin_bytes);
    message.set_anonymous_end_bytes(request.anonymous_end_bytes);
    message.set_unfinished(!request.ended);
    message.set_thread_died(request.thread_died);
    message.set_database_calls(request.calls.database);
    message.set_cache_calls(request.calls.cache);
    message.set_upstream_calls(request.calls.upstream);
    message.set_dns_calls(request.calls.dns);
    message.set_database_opened(request.opened.database);
    message.set_cache_opened(request.opened.cache);
    message.set_upstream_opened(request.opened.upstream);
    message.set_dns_opened(request.opened.dns);
    message.set_transaction_open(request.transaction_open);
    message.set_interleaved(request.interleaved);
    message.set_throttled_ns(span_ns(request.throttled));
    message.set_truncated(request.truncated);
    message.set_pipelined(request.pipelined);
    message.set_client_local(request.client_local);
    message.set_exception_type(request.exception_type);
    message.set_exception_code(request.exception_code);
  }

  void operator()(const domain::Wait &wait) const
  {
    pb::Wait &message = *frame.mutable_wait();
    message.set_tgid(wait.tgid);
    message.set_tid(wait.tid);
    message.set_request_sequence(wait.request_sequence);
    message.set_begin_ns(ns_of(wait.window.begin));
    message.set_end_ns(ns_of(wait.window.end));
    message.set_cause(cause_of(wait.cause));
    message.set_what(wait.what);
    message.set_code(wait.code);
    message.set_statement(wait.statement);
    message.set_repeated(wait.repeated);
    message.set_interleaved(wait.interleaved);
    message.set_held_loop(wait.held_loop);
  }

  void operator()(const domain::ProcessEvent &event) const
  {
    pb::ProcessEvent &message = *frame.mutable_process_event();
    switch (event.kind) {
      case domain::ProcessEvent::Kind::started:
        message.set_kind(pb::ProcessEvent::KIND_STARTED);
        break;
      case domain::ProcessEvent::Kind::executed:
        message.set_kind(pb::ProcessEvent::KIND_EXECUTED);
        break;
      case domain::ProcessEvent::Kind::exited:
        message.set_kind(pb::ProcessEvent::KIND_EXITED);
        break;
    }
    message.set_time_ns(ns_of(event.time));
    message.set_tgid(event.tgid);
    message.set_parent_tgid(event.parent_tgid);
    message.set_wait_status(event.wait_status);
    message.set_signal(event.signal);
    message.set_sender_tgid(event.sender_tgid);
    message.set_out_of_memory(event.out_of_memory);
  }

  void operator()(const domain::MemorySample &sample) const
  {
    pb::MemorySample &message = *frame.mutable_memory_sample();
    message.set_time_ns(ns_of(sample.time));
    message.set_tgid(sample.tgid);
    message.set_resident_bytes(sample.resident_bytes);
    message.set_anonymous_bytes(sample.anonymous_bytes);
    message.set_file_bytes(sample.file_bytes);
    message.set_shared_bytes(sample.shared_bytes);
    message.set_high_water_bytes(sample.high_water_bytes);
    message.set_proportional_bytes(sample.proportional_bytes);
    if (sample.limit) {
      pb::MemoryLimit &limit = *message.mutable_limit();
      limit.set_group(sample.limit->group);
      limit.set_limit_bytes(sample.limit->limit_bytes);
      limit.set_used_bytes(sample.limit->used_bytes);
    }
  }

  void operator()(const domain::MemoryLook &look) const
  {
    pb::MemoryLook &message = *frame.mutable_memory_look();
    message.set_begin_ns(ns_of(look.window.begin));
    message.set_end_ns(ns_of(look.window.end));
    message.set_tgid(look.tgid);
    message.set_anonymous_bytes(look.anonymous_bytes);
    message.set_small_object_bytes(look.small_object_bytes);
  }

  void operator()(const domain::GlobalsLook &look) const
  {
    pb::GlobalsLook &message = *frame.mutable_globals_look();
    message.set_begin_ns(ns_of(look.window.begin));
    message.set_end_ns(ns_of(look.window.end));
    message.set_tgid(look.tgid);
    for (const domain::GlobalChange &change : look.changes) {
      pb::GlobalChange &added = *message.add_changes();
      added.set_name(change.name);
      added.set_type(change.type);
      added.set_rebound(change.rebound);
      added.set_rises(change.rises);
      added.set_items(change.items);
      added.set_items_before(change.items_before);
    }
    message.set_left_out(look.left_out);
    message.set_gap(look.gap);
  }

  void operator()(const domain::ListenSample &sample) const
  {
    pb::ListenSample &message = *frame.mutable_listen_sample();
    message.set_time_ns(ns_of(sample.time));
    message.set_server(sample.server);
    for (const domain::ListenQueue &queue : sample.queues) {
      pb::ListenQueue &added = *message.add_queues();
      added.set_address(queue.address);
      added.set_length(queue.length);
      added.set_limit(queue.limit);
      added.set_dropped(queue.dropped);
    }
  }

  void operator()(const domain::HeapGrowth &growth) const
  {
    pb::HeapGrowth &message = *frame.mutable_heap_growth();
    message.set_tgid(growth.tgid);
    message.set_between_ns(growth.between.count());
    for (const domain::GrownType &type : growth.types) {
      pb::GrownType &added = *message.add_types();
      added.set_type(type.type);
      added.set_objects(type.objects);
      added.set_bytes(type.bytes);
      for (const domain::RetainingPath &path : type.holders)
        add_path(*added.add_holders(), path);
    }
    for (const domain::RequestObjects &objects : growth.of_requests) {
      pb::RequestObjects &added = *message.add_of_requests();
      added.set_type(objects.type);
      added.set_objects_begin(objects.objects_begin);
      added.set_objects_end(objects.objects_end);
      for (const domain::RetainingPath &path : objects.holders)
        add_path(*added.add_holders(), path);
    }
    message.set_error_objects(growth.error_objects);
    message.set_gap(growth.gap);
  }

  void operator()(const domain::Escalation &escalation) const
  {
    pb::Escalation &message = *frame.mutable_escalation();
    message.set_begin_ns(ns_of(escalation.begin));
    if (escalation.end)
      message.set_end_ns(ns_of(*escalation.end));
    message.set_server(escalation.server);
    message.set_tgid(escalation.tgid);
    message.set_tier(escalation.tier == domain::MemoryTier::allocations
                         ? pb::ESCALATION_TIER_ALLOCATIONS
                         : pb::ESCALATION_TIER_CENSUS);
    message.set_endpoint(escalation.endpoint);
    message.set_reason(escalation.reason);
    message.set_outcome(escalation.outcome);
  }

  void operator()(const domain::AllocationsSeen &seen) const
  {
    pb::AllocationsSeen &message = *frame.mutable_allocations_seen();
    message.set_time_ns(ns_of(seen.time));
    message.set_tgid(seen.tgid);
    message.set_begin_ns(ns_of(seen.begin));
    if (seen.allocations_end)
      message.set_allocations_end_ns(ns_of(*seen.allocations_end));
    if (seen.frees_end)
      message.set_frees_end_ns(ns_of(*seen.frees_end));
    message.set_settle_after_ns(span_ns(seen.settle.after));
    message.set_settle_requests(seen.settle.requests);
    for (const domain::Allocation &allocation : seen.allocations) {
      pb::Allocation &added = *message.add_allocations();
      added.set_id(allocation.id);
      added.set_time_ns(ns_of(allocation.time));
      added.set_tid(allocation.tid);
      added.set_request_sequence(allocation.request_sequence);
      added.set_bytes(allocation.bytes);
      added.set_interval_bytes(allocation.interval_bytes);
      added.set_code(allocation.code);
    }
    message.mutable_freed()->Add(seen.freed.begin(), seen.freed.end());
    message.set_hits(seen.hits);
    message.set_cost_ns(span_ns(seen.cost));
    message.set_gap(seen.gap);
  }

  void operator()(const domain::ThreadSample &sample) const
  {
    pb::ThreadSample &message = *frame.mutable_thread_sample();
    message.set_time_ns(ns_of(sample.time));
    message.set_tgid(sample.tgid);
    message.set_tid(sample.tid);
    message.set_cause(cause_of(sample.cause));
    message.set_since_ns(ns_of(sample.since));
    message.set_request_open(sample.request_open);
    message.set_response_begun(sample.response_begun);
    message.set_request_begin_ns(ns_of(sample.request_begin));
    message.set_request_sequence(sample.request_sequence);
    message.set_method(sample.method);
    message.set_path(sample.path);
    message.set_lock(sample.lock);
    message.set_lock_shared(sample.lock_shared);
    message.set_code(sample.code);
    message.set_for_event(sample.for_event);
  }

  void operator()(const domain::ServersSeen &seen) const
  {
    pb::ServersSeen &message = *frame.mutable_servers_seen();
    message.set_time_ns(ns_of(seen.time));
    for (const domain::Server &server : seen.servers)
      *message.add_servers() = server_of(server);
  }

  void operator()(const domain::CoverageSample &sample) const
  {
    pb::CoverageSample &message = *frame.mutable_coverage_sample();
    message.set_time_ns(ns_of(sample.time));
    message.set_requests_lost(sample.requests_lost);
    message.set_records_lost(sample.records_lost);
    message.set_agent_cpu_ns(span_ns(sample.agent_cpu));
    message.set_bpf_run_ns(span_ns(sample.bpf_run));
    message.set_agent_rss_bytes(sample.agent_rss_bytes);
    message.mutable_gaps()->Add(sample.gaps.begin(), sample.gaps.end());
    message.set_host_cpu_ns(span_ns(sample.host_cpu));
    message.set_host_steal_ns(span_ns(sample.host_steal));
    message.set_host_available_bytes(sample.host_available_bytes);
    message.set_host_busy_ns(span_ns(sample.host_busy));
  }

  void operator()(const domain::OutgoingSample &sample) const
  {
    pb::OutgoingSample &message = *frame.mutable_outgoing_sample();
    message.set_time_ns(ns_of(sample.time));
    message.set_tgid(sample.tgid);
    message.set_counted_since_ns(ns_of(sample.counted_since));
    for (const domain::PeerConnections &peer : sample.peers)
      *message.add_peers() = connections_of(peer);
  }

  void operator()(const domain::CpuLimitSample &sample) const
  {
    pb::CpuLimitSample &message = *frame.mutable_cpu_limit_sample();
    message.set_time_ns(ns_of(sample.time));
    message.set_tgid(sample.tgid);
    message.set_group(sample.group);
    message.set_quota_ns(span_ns(sample.quota));
    message.set_period_ns(span_ns(sample.period));
    message.set_periods(sample.periods);
    message.set_throttled_periods(sample.throttled_periods);
    message.set_throttled_ns(span_ns(sample.throttled));
  }

  void operator()(const domain::WindowMark &mark) const
  {
    *frame.mutable_window_mark()->mutable_clock() = clock_of(mark.clock);
  }
};

} // namespace

std::string encode_observation(const domain::Observation &observation)
{
  pb::Frame frame;
  std::visit(FrameMaker{ frame }, observation);
  return frame.SerializeAsString();
}

std::string encode_info(const RecordingInfo &info)
{
  pb::Frame frame;
  frame.mutable_header()->set_agent_version(info.agent_version);
  *frame.mutable_header()->mutable_clock() = clock_of(info.clock);
  return frame.SerializeAsString();
}

std::string encode_end(RecordingEnd end)
{
  pb::Frame frame;
  frame.mutable_end()->set_observations(end.observations);
  return frame.SerializeAsString();
}

} // namespace linger::serve
