#include "serve/recording_codec.h"

#include "serve/recording_fields.h"

#include <limits>

namespace linger::serve {
namespace {

domain::Request request_of(const pb::Request &message, FieldReader &read)
{
  domain::Request request{
    .tgid = message.tgid(),
    .tid = message.tid(),
    .sequence = message.sequence(),
    .connection = message.connection(),
    .window = read.window(message.begin_ns(), message.end_ns()),
    .times = {},
    .calls = { .database = message.database_calls(),
               .cache = message.cache_calls(),
               .upstream = message.upstream_calls(),
               .dns = message.dns_calls() },
    .opened = { .database = message.database_opened(),
                .cache = message.cache_opened(),
                .upstream = message.upstream_opened(),
                .dns = message.dns_opened() },
    .method = message.method(),
    .path = message.path(),
    .status = read.status(message.status()),
    .received_bytes = message.received_bytes(),
    .sent_bytes = message.sent_bytes(),
    .throttled = read.span(message.throttled_ns()),
    .minor_faults = message.minor_faults(),
    .major_faults = message.major_faults(),
    .anonymous_begin_bytes = message.anonymous_begin_bytes(),
    .anonymous_end_bytes = message.anonymous_end_bytes(),
    .truncated = message.truncated(),
    .pipelined = message.pipelined(),
    .ended = !message.unfinished(),
    .thread_died = message.thread_died(),
    .transaction_open = message.transaction_open(),
    .interleaved = message.interleaved(),
    .client_local = message.client_local(),
    .exception_type = message.exception_type(),
    .exception_code = message.exception_code(),
  };
  for (const pb::CauseTime &time : message.times()) // set, not added: repeats cannot overflow
    request.times[read.cause(time.cause())] = read.span(time.spent_ns());
  return request;
}

domain::Wait wait_of(const pb::Wait &message, FieldReader &read)
{
  return { .tgid = message.tgid(),
           .tid = message.tid(),
           .request_sequence = message.request_sequence(),
           .window = read.window(message.begin_ns(), message.end_ns()),
           .cause = read.cause(message.cause()),
           .what = message.what(),
           .code = message.code(),
           .statement = message.statement(),
           .repeated = message.repeated(),
           .interleaved = message.interleaved(),
           .held_loop = message.held_loop() };
}

domain::ProcessEvent process_event_of(const pb::ProcessEvent &message, FieldReader &read)
{
  return { .kind = read.kind(message.kind()),
           .time = read.time(message.time_ns()),
           .tgid = message.tgid(),
           .parent_tgid = message.parent_tgid(),
           .wait_status = message.wait_status(),
           .signal = message.signal(),
           .sender_tgid = message.sender_tgid(),
           .out_of_memory = message.out_of_memory() };
}

std::optional<domain::MemoryLimit> memory_limit_of(const pb::MemorySample &message)
{
  if (!message.has_limit())
    return std::nullopt;
  return domain::MemoryLimit{ .group = message.limit().group(),
                              .limit_bytes = message.limit().limit_bytes(),
                              .used_bytes = message.limit().used_bytes() };
}

domain::MemorySample memory_sample_of(const pb::MemorySample &message, FieldReader &read)
{
  return { .time = read.time(message.time_ns()),
           .tgid = message.tgid(),
           .resident_bytes = message.resident_bytes(),
           .anonymous_bytes = message.anonymous_bytes(),
           .file_bytes = message.file_bytes(),
           .shared_bytes = message.shared_bytes(),
           .high_water_bytes = message.high_water_bytes(),
           .limit = memory_limit_of(message),
           .proportional_bytes = message.proportional_bytes() };
}

domain::MemoryLook memory_look_of(const pb::MemoryLook &message, FieldReader &read)
{
  return { .window = { read.time(message.begin_ns()), read.time(message.end_ns()) },
           .tgid = message.tgid(),
           .anonymous_bytes = message.anonymous_bytes(),
           .small_object_bytes = message.small_object_bytes() };
}

domain::GlobalsLook globals_look_of(const pb::GlobalsLook &message, FieldReader &read)
{
  domain::GlobalsLook look{ .window = read.window(message.begin_ns(), message.end_ns()),
                            .tgid = message.tgid(),
                            .changes = {},
                            .left_out = message.left_out(),
                            .gap = message.gap() };
  for (const pb::GlobalChange &change : message.changes())
    look.changes.push_back({ .name = change.name(),
                             .type = change.type(),
                             .rebound = change.rebound(),
                             .rises = change.rises(),
                             .items = change.items(),
                             .items_before = change.items_before() });
  return look;
}

domain::ListenSample listen_sample_of(const pb::ListenSample &message, FieldReader &read)
{
  domain::ListenSample sample{ .time = read.time(message.time_ns()),
                               .server = message.server(),
                               .queues = {} };
  for (const pb::ListenQueue &queue : message.queues())
    sample.queues.push_back({ .address = queue.address(),
                              .length = queue.length(),
                              .limit = queue.limit(),
                              .dropped = queue.dropped() });
  return sample;
}

std::vector<domain::RetainingPath>
paths_of(const google::protobuf::RepeatedPtrField<pb::RetainingPath> &holders)
{
  std::vector<domain::RetainingPath> paths;
  for (const pb::RetainingPath &holder : holders)
    paths.push_back({ .text = holder.text(), .objects = holder.objects() });
  return paths;
}

domain::HeapGrowth heap_growth_of(const pb::HeapGrowth &message, FieldReader &read)
{
  domain::HeapGrowth growth{ .tgid = message.tgid(),
                             .between = read.span(message.between_ns()),
                             .types = {},
                             .of_requests = {},
                             .error_objects = message.error_objects(),
                             .gap = message.gap() };
  for (const pb::GrownType &type : message.types()) {
    domain::GrownType &added = growth.types.emplace_back(domain::GrownType{
        .type = type.type(), .objects = type.objects(), .bytes = type.bytes(), .holders = {} });
    added.holders = paths_of(type.holders());
  }
  for (const pb::RequestObjects &objects : message.of_requests())
    growth.of_requests.push_back({ .type = objects.type(),
                                   .objects_begin = objects.objects_begin(),
                                   .objects_end = objects.objects_end(),
                                   .holders = paths_of(objects.holders()) });
  return growth;
}

domain::Escalation escalation_of(const pb::Escalation &message, FieldReader &read)
{
  domain::Escalation escalation{ .begin = read.time(message.begin_ns()),
                                 .end = {},
                                 .server = message.server(),
                                 .tgid = message.tgid(),
                                 .tier = read.tier(message.tier()),
                                 .endpoint = message.endpoint(),
                                 .reason = message.reason(),
                                 .outcome = message.outcome() };
  if (message.has_end_ns())
    escalation.end = read.window(message.begin_ns(), message.end_ns()).end;
  return escalation;
}

domain::ThreadSample thread_sample_of(const pb::ThreadSample &message, FieldReader &read)
{
  return { .time = read.time(message.time_ns()),
           .tgid = message.tgid(),
           .tid = message.tid(),
           .cause = read.cause(message.cause()),
           .since = read.time(message.since_ns()),
           .request_open = message.request_open(),
           .response_begun = message.response_begun(),
           .request_begin = read.time(message.request_begin_ns()),
           .request_sequence = message.request_sequence(),
           .method = message.method(),
           .path = message.path(),
           .lock = message.lock(),
           .lock_shared = message.lock_shared(),
           .code = message.code(),
           .for_event = message.for_event() };
}

domain::Server server_of(const pb::Server &message, FieldReader &read)
{
  domain::Server server{
    .master_tgid = message.master_tgid(),
    .kind = read.kind(message.kind()),
    .app = message.app(),
    .worker_class = message.worker_class(),
    .workers_configured = message.workers_configured(),
    .threads_per_worker = message.threads_per_worker(),
    .listen = { message.listen().begin(), message.listen().end() },
    .python_version = message.python_version(),
    .container = { .id = message.container(),
                   .runtime = message.pod().runtime(),
                   .pod_uid = message.pod().uid(),
                   .pod_namespace = message.pod().pod_namespace(),
                   .pod = message.pod().name(),
                   .name = message.pod().container(),
                   .workload = message.pod().workload() },
    .timeout_seconds = message.timeout_seconds(),
    .preload = message.preload(),
    .max_requests = message.max_requests(),
    .workers = {},
    .gaps = { message.gaps().begin(), message.gaps().end() },
  };
  for (const pb::WorkerProcess &worker : message.workers())
    server.workers.push_back({ worker.tgid(), worker.start_ticks(), worker.threads() });
  return server;
}

domain::ServersSeen servers_seen_of(const pb::ServersSeen &message, FieldReader &read)
{
  domain::ServersSeen seen{ .time = read.time(message.time_ns()), .servers = {} };
  for (const pb::Server &server : message.servers())
    seen.servers.push_back(server_of(server, read));
  return seen;
}

domain::CoverageSample coverage_sample_of(const pb::CoverageSample &message, FieldReader &read)
{
  return { .time = read.time(message.time_ns()),
           .requests_lost = message.requests_lost(),
           .records_lost = message.records_lost(),
           .agent_cpu = read.span(message.agent_cpu_ns()),
           .bpf_run = read.span(message.bpf_run_ns()),
           .agent_rss_bytes = message.agent_rss_bytes(),
           .gaps = { message.gaps().begin(), message.gaps().end() },
           .host_cpu = read.total(message.host_cpu_ns()),
           .host_steal = read.total(message.host_steal_ns()),
           .host_available_bytes = message.host_available_bytes(),
           .host_busy = read.total(message.host_busy_ns()) };
}

domain::PeerConnections connections_of(const pb::PeerConnections &message, FieldReader &read)
{
  domain::PeerConnections connections{ .peer = { .address = message.address(),
                                                 .name = message.name(),
                                                 .protocol = message.protocol(),
                                                 .cause = read.cause(message.cause()),
                                                 .tls = message.tls() },
                                       .open = message.open(),
                                       .in_use = message.in_use(),
                                       .idle_in_transaction = message.idle_in_transaction(),
                                       .closed_by_peer = message.closed_by_peer(),
                                       .opened = message.opened(),
                                       .closed = message.closed(),
                                       .oldest_since = {},
                                       .oldest_was_there = message.oldest_was_there(),
                                       .transaction_since = {},
                                       .taken = message.taken(),
                                       .limit = message.limit() };
  if (message.has_oldest_since_ns())
    connections.oldest_since = read.time(message.oldest_since_ns());
  if (message.has_transaction_since_ns())
    connections.transaction_since = read.time(message.transaction_since_ns());
  return connections;
}

domain::OutgoingSample outgoing_sample_of(const pb::OutgoingSample &message, FieldReader &read)
{
  domain::OutgoingSample sample{ .time = read.time(message.time_ns()),
                                 .tgid = message.tgid(),
                                 .counted_since = read.time(message.counted_since_ns()),
                                 .peers = {} };
  for (const pb::PeerConnections &peer : message.peers())
    sample.peers.push_back(connections_of(peer, read));
  return sample;
}

domain::CpuLimitSample cpu_limit_sample_of(const pb::CpuLimitSample &message, FieldReader &read)
{
  return { .time = read.time(message.time_ns()),
           .tgid = message.tgid(),
           .group = message.group(),
           .quota = read.span(message.quota_ns()),
           .period = read.span(message.period_ns()),
           .periods = message.periods(),
           .throttled_periods = message.throttled_periods(),
           .throttled = read.total(message.throttled_ns()) };
}

domain::AllocationsSeen allocations_seen_of(const pb::AllocationsSeen &message, FieldReader &read)
{
  domain::AllocationsSeen seen{ .time = read.time(message.time_ns()),
                                .tgid = message.tgid(),
                                .begin = read.time(message.begin_ns()),
                                .allocations_end = {},
                                .frees_end = {},
                                .settle = { .after = read.span(message.settle_after_ns()),
                                            .requests = message.settle_requests() },
                                .allocations = {},
                                .freed = { message.freed().begin(), message.freed().end() },
                                .hits = message.hits(),
                                .cost = read.total(message.cost_ns()),
                                .gap = message.gap() };
  if (message.has_allocations_end_ns())
    seen.allocations_end = read.time(message.allocations_end_ns());
  if (message.has_frees_end_ns())
    seen.frees_end = read.time(message.frees_end_ns());
  for (const pb::Allocation &allocation : message.allocations())
    seen.allocations.push_back({ .id = allocation.id(),
                                 .time = read.time(allocation.time_ns()),
                                 .tid = allocation.tid(),
                                 .request_sequence = allocation.request_sequence(),
                                 .bytes = read.size(allocation.bytes()),
                                 .interval_bytes = read.size(allocation.interval_bytes()),
                                 .code = allocation.code() });
  return seen;
}

FramePayload payload_of(const pb::Frame &frame, FieldReader &read)
{
  using domain::Observation;
  switch (frame.kind_case()) {
    case pb::Frame::kHeader:
      return RecordingInfo{ frame.header().agent_version(), read.clock(frame.header().clock()) };
    case pb::Frame::kEnd:
      return RecordingEnd{ frame.end().observations() };
    case pb::Frame::kRequest:
      return Observation(request_of(frame.request(), read));
    case pb::Frame::kWait:
      return Observation(wait_of(frame.wait(), read));
    case pb::Frame::kProcessEvent:
      return Observation(process_event_of(frame.process_event(), read));
    case pb::Frame::kMemorySample:
      return Observation(memory_sample_of(frame.memory_sample(), read));
    case pb::Frame::kMemoryLook:
      return Observation(memory_look_of(frame.memory_look(), read));
    case pb::Frame::kGlobalsLook:
      return Observation(globals_look_of(frame.globals_look(), read));
    case pb::Frame::kListenSample:
      return Observation(listen_sample_of(frame.listen_sample(), read));
    case pb::Frame::kThreadSample:
      return Observation(thread_sample_of(frame.thread_sample(), read));
    case pb::Frame::kServersSeen:
      return Observation(servers_seen_of(frame.servers_seen(), read));
    case pb::Frame::kCoverageSample:
      return Observation(coverage_sample_of(frame.coverage_sample(), read));
    case pb::Frame::kWindowMark:
      return Observation(domain::WindowMark{ read.clock(frame.window_mark().clock()) });
    case pb::Frame::kOutgoingSample:
      return Observation(outgoing_sample_of(frame.outgoing_sample(), read));
    case pb::Frame::kCpuLimitSample:
      return Observation(cpu_limit_sample_of(frame.cpu_limit_sample(), read));
    case pb::Frame::kHeapGrowth:
      return Observation(heap_growth_of(frame.heap_growth(), read));
    case pb::Frame::kAllocationsSeen:
      return Observation(allocations_seen_of(frame.allocations_seen(), read));
    case pb::Frame::kEscalation:
      return Observation(escalation_of(frame.escalation(), read));
    case pb::Frame::KIND_NOT_SET:
      break;
  }
  return UnknownFrame{};
}

} // namespace

Result<FramePayload> decode_payload(std::string_view payload)
{
  pb::Frame frame;
  if (payload.size() > std::numeric_limits<int>::max() ||
      !frame.ParseFromArray(payload.data(), static_cast<int>(payload.size())))
    return failure(Error::Kind::malformed, "these bytes are no frame of a recording");
  FieldReader read;
  FramePayload decoded = payload_of(frame, read);
  if (!read.known())
    return UnknownFrame{};
  if (!read.possible())
    return failure(Error::Kind::malformed, "a time, span or status that cannot be");
  return decoded;
}

} // namespace linger::serve
