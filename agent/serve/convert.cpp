#include "serve/convert.h"

#include "serve/escape.h"

#include <algorithm>
#include <cmath>
#include <google/protobuf/util/time_util.h>

namespace linger::serve {
namespace {

using domain::Cause;

std::uint64_t rounded(double value)
{
  return value > 0 ? static_cast<std::uint64_t>(std::llround(value)) : 0;
}

v1::Quantiles quantiles_of(const domain::QuantileSketch &sketch)
{
  v1::Quantiles message;
  message.set_min_ns(sketch.min());
  message.set_p50_ns(sketch.quantile(0.5));
  message.set_p90_ns(sketch.quantile(0.9));
  message.set_p99_ns(sketch.quantile(0.99));
  message.set_max_ns(sketch.max());
  message.set_mean_ns(rounded(sketch.mean()));
  return message;
}

v1::Site site_of(const domain::SiteReport &site)
{
  v1::Site message;
  message.set_cause(std::string(name_of(site.cause)));
  message.set_what(valid_utf8(site.what));
  message.set_code(valid_utf8(site.code));
  message.set_statement(valid_utf8(site.statement));
  message.set_held_loop(site.held_loop);
  message.set_waits(site.waits);
  message.set_repeated(site.repeated);
  message.set_total_ns(to_ns(site.total));
  message.set_max_ns(to_ns(site.max));
  message.set_requests(site.requests);
  return message;
}

v1::EndpointMemory memory_of(const domain::EndpointMemory &memory)
{
  v1::EndpointMemory message;
  message.set_allocated_bytes(memory.allocated_bytes);
  message.set_retained_bytes(memory.retained_bytes);
  message.set_retained_bytes_per_request(memory.retained_bytes_per_request);
  message.set_low(memory.low);
  message.set_high(memory.high);
  message.set_tier(tier_of(memory.tier));
  message.set_faults_per_request(memory.faults_per_request);
  if (memory.small_objects) {
    v1::SmallObjects &small = *message.mutable_small_objects();
    small.set_retained_bytes_per_request(memory.small_objects->per_request);
    small.set_low(memory.small_objects->low);
    small.set_high(memory.small_objects->high);
    small.set_late_low(memory.small_objects->late_low);
    small.set_late_high(memory.small_objects->late_high);
  }
  for (const domain::MemorySite &site : memory.sites) {
    v1::MemorySite &added = *message.add_sites();
    added.set_what(valid_utf8(site.what));
    added.set_retained_bytes(site.retained_bytes);
    added.set_count(site.count);
  }
  return message;
}

v1::Calls calls_of(const domain::Calls &calls)
{
  v1::Calls message;
  message.set_database_calls(calls.database);
  message.set_cache_calls(calls.cache);
  message.set_upstream_calls(calls.upstream);
  message.set_dns_calls(calls.dns);
  return message;
}

v1::OpenedConnections opened_of(const domain::Calls &opened)
{
  v1::OpenedConnections message;
  message.set_database_connections(opened.database);
  message.set_cache_connections(opened.cache);
  message.set_upstream_connections(opened.upstream);
  message.set_dns_connections(opened.dns);
  return message;
}

v1::Endpoint endpoint_of(const domain::EndpointReport &endpoint)
{
  constexpr std::size_t most_sites = 16; // promised in endpoint.proto
  v1::Endpoint message;
  message.set_server(endpoint.server);
  message.set_method(valid_utf8(endpoint.method));
  message.set_route(valid_utf8(endpoint.route));
  message.set_requests(endpoint.requests);
  message.set_errors(endpoint.errors);
  *message.mutable_wall() = quantiles_of(endpoint.wall_ns);
  *message.mutable_time() = to_proto(endpoint.times);
  message.set_throttled_ns(to_ns(endpoint.throttled));
  *message.mutable_calls() = calls_of(endpoint.calls);
  *message.mutable_opened() = opened_of(endpoint.opened);
  message.set_open_transactions(endpoint.open_transactions);
  for (std::size_t i = 0; i < std::min(endpoint.sites.size(), most_sites); ++i)
    *message.add_sites() = site_of(endpoint.sites[i]);
  *message.mutable_memory() = memory_of(endpoint.memory);
  return message;
}

v1::Coverage coverage_of(const domain::Coverage &coverage)
{
  v1::Coverage message;
  message.set_requests_seen(coverage.requests_seen);
  message.set_requests_broken(coverage.requests_broken);
  message.set_requests_lost(coverage.requests_lost);
  message.set_records_seen(coverage.records_seen);
  message.set_records_lost(coverage.records_lost);
  message.set_agent_cpu_ns(to_ns(coverage.agent_cpu));
  message.set_bpf_run_ns(to_ns(coverage.bpf_run));
  message.set_agent_rss_bytes(coverage.agent_rss_bytes);
  message.set_host_cpu_ns(to_ns(coverage.host_cpu));
  message.set_host_steal_ns(to_ns(coverage.host_steal));
  message.set_host_busy_ns(to_ns(coverage.host_busy));
  for (const std::string &gap : coverage.gaps)
    message.add_gaps(valid_utf8(gap));
  return message;
}

} // namespace

v1::MemoryTier tier_of(domain::MemoryTier tier)
{
  switch (tier) {
    case domain::MemoryTier::none:
      return v1::MEMORY_TIER_UNSPECIFIED;
    case domain::MemoryTier::growth:
      return v1::MEMORY_TIER_GROWTH;
    case domain::MemoryTier::census:
      return v1::MEMORY_TIER_CENSUS;
    case domain::MemoryTier::allocations:
      return v1::MEMORY_TIER_ALLOCATIONS;
  }
  return v1::MEMORY_TIER_UNSPECIFIED;
}

std::uint64_t to_ns(domain::Nanos span)
{
  return static_cast<std::uint64_t>(std::max<std::int64_t>(span.count(), 0));
}

google::protobuf::Timestamp to_proto(domain::WallTime time)
{
  return google::protobuf::util::TimeUtil::NanosecondsToTimestamp(time.time_since_epoch().count());
}

v1::CauseTimes to_proto(const domain::CauseTimes &times)
{
  v1::CauseTimes message;
  message.set_on_cpu_ns(to_ns(times[Cause::on_cpu]));
  message.set_run_queue_ns(to_ns(times[Cause::run_queue]));
  message.set_accept_queue_ns(to_ns(times[Cause::accept_queue]));
  message.set_client_read_ns(to_ns(times[Cause::client_read]));
  message.set_client_write_ns(to_ns(times[Cause::client_write]));
  message.set_database_ns(to_ns(times[Cause::database]));
  message.set_cache_ns(to_ns(times[Cause::cache]));
  message.set_upstream_ns(to_ns(times[Cause::upstream]));
  message.set_dns_ns(to_ns(times[Cause::dns]));
  message.set_disk_ns(to_ns(times[Cause::disk]));
  message.set_page_fault_ns(to_ns(times[Cause::page_fault]));
  message.set_lock_ns(to_ns(times[Cause::lock]));
  message.set_gil_ns(to_ns(times[Cause::gil]));
  message.set_event_loop_ns(to_ns(times[Cause::event_loop]));
  message.set_sleep_ns(to_ns(times[Cause::sleep]));
  message.set_child_ns(to_ns(times[Cause::child]));
  message.set_other_ns(to_ns(times[Cause::other]));
  message.set_idle_ns(to_ns(times[Cause::idle]));
  message.set_wall_ns(to_ns(times.wall()));
  return message;
}

v1::Request to_proto(const SeenRequest &seen)
{
  const domain::Request &request = seen.request;
  v1::Request message;
  message.set_tgid(request.tgid);
  message.set_tid(request.tid);
  *message.mutable_start_time() = to_proto(seen.start_time);
  message.set_method(valid_utf8(request.method));
  message.set_route(valid_utf8(seen.route));
  message.set_status(static_cast<std::uint32_t>(std::max(request.status, 0)));
  *message.mutable_time() = to_proto(request.times);
  message.set_received_bytes(request.received_bytes);
  message.set_sent_bytes(request.sent_bytes);
  message.set_minor_faults(request.minor_faults);
  message.set_major_faults(request.major_faults);
  message.set_server(seen.server);
  message.set_truncated(request.truncated);
  message.set_pipelined(request.pipelined);
  return message;
}

v1::Report to_proto(const domain::Report &report)
{
  v1::Report message;
  v1::Window &window = *message.mutable_window();
  *window.mutable_start_time() = to_proto(report.clock.to_wall(report.window.begin));
  *window.mutable_end_time() = to_proto(report.clock.to_wall(report.window.end));
  window.set_duration_ns(to_ns(report.window.length()));
  for (const domain::ServerReport &server : report.servers)
    *message.add_servers() = to_proto(server, report.clock);
  for (const domain::EndpointReport &endpoint : report.endpoints)
    *message.add_endpoints() = endpoint_of(endpoint);
  for (const domain::Finding &finding : report.findings)
    *message.add_findings() = to_proto(finding, report.clock);
  *message.mutable_coverage() = coverage_of(report.coverage);
  return message;
}

} // namespace linger::serve
