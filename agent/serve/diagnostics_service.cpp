#include "serve/diagnostics_service.h"

#include "serve/convert.h"
#include "serve/convert_census.h"
#include "serve/convert_profile.h"
#include "serve/duration_field.h"
#include "serve/escape.h"
#include "serve/finding_changes.h"
#include "serve/render/profile.h"
#include "serve/request_queue.h"
#include "serve/status.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

/// How often a waiting call looks whether its client is still there: gRPC's synchronous calls
/// cannot be woken by a cancellation.
constexpr std::chrono::milliseconds glance = 100ms;

template <typename Request>
std::vector<std::uint32_t> tgids_of(const Request &request)
{
  return { request.tgids().begin(), request.tgids().end() };
}

Result<domain::MemoryTier> tier_in(const v1::GetReportRequest &request, domain::Nanos window)
{
  switch (request.memory()) {
    case v1::MEMORY_TIER_UNSPECIFIED:
    case v1::MEMORY_TIER_GROWTH:
      return domain::MemoryTier::growth;
    case v1::MEMORY_TIER_CENSUS:
      if (window != domain::Nanos::zero())
        return domain::MemoryTier::census;
      return failure(Error::Kind::usage,
                     "memory: a census compares the begin and the end of a window; set window");
    case v1::MEMORY_TIER_ALLOCATIONS:
      if (window != domain::Nanos::zero())
        return domain::MemoryTier::allocations;
      return failure(Error::Kind::usage, "memory: allocations are traced for a window; set window");
    default:
      return failure(Error::Kind::usage, "memory: neither growth, census nor allocations");
  }
}

Result<CensusQuery> census_query_of(const v1::TakeCensusRequest &request)
{
  constexpr int most_types = 20;
  if (request.worker() == 0)
    return failure(Error::Kind::usage, "worker: name the tgid of a worker");
  if (request.types_size() > most_types)
    return failure(Error::Kind::usage, "types: at most 20");
  const auto window = span_in(request.window(), "window", 0s, 1h);
  if (!window)
    return tl::unexpected(window.error());
  return CensusQuery{ .worker = request.worker(),
                      .window = *window,
                      .types = { request.types().begin(), request.types().end() } };
}

/// Which requests a subscriber asked for.
struct RequestFilter {
  std::set<std::uint32_t> servers; // empty: all
  domain::Nanos min_wall{};

  [[nodiscard]] bool lets_pass(const SeenRequest &seen) const
  {
    return (servers.empty() || servers.contains(seen.server)) &&
           seen.request.times.wall() >= min_wall;
  }
};

/// Those of some servers; of none named, all.
std::vector<domain::Finding> findings_of(const std::vector<domain::Finding> &all,
                                         const std::set<std::uint32_t> &masters)
{
  if (masters.empty())
    return all;
  std::vector<domain::Finding> chosen;
  std::ranges::copy_if(
      all, std::back_inserter(chosen),
      [&](std::uint32_t server) { return masters.contains(server); }, &domain::Finding::server);
  return chosen;
}

bool has_member(const domain::Server &server, std::uint32_t tgid)
{
  return server.master_tgid == tgid ||
         std::ranges::find(server.workers, tgid, &domain::WorkerProcess::tgid) !=
             server.workers.end();
}

v1::WatchFindingsResponse::Change change_of(FindingChanges::Kind kind)
{
  switch (kind) {
    case FindingChanges::Kind::appeared:
      return v1::WatchFindingsResponse::CHANGE_APPEARED;
    case FindingChanges::Kind::updated:
      return v1::WatchFindingsResponse::CHANGE_UPDATED;
    case FindingChanges::Kind::resolved:
      return v1::WatchFindingsResponse::CHANGE_RESOLVED;
  }
  return v1::WatchFindingsResponse::CHANGE_UNSPECIFIED;
}

} // namespace

void DiagnosticsService::stop()
{
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  stopped_.notify_all();
}

bool DiagnosticsService::ended(const grpc::ServerContext &context) const
{
  return stopping_ || context.IsCancelled();
}

bool DiagnosticsService::pause(const grpc::ServerContext &context, domain::Nanos length)
{
  const auto until = std::chrono::steady_clock::now() + length;
  std::unique_lock lock(mutex_);
  while (!ended(context)) {
    const auto left = until - std::chrono::steady_clock::now();
    if (left <= left.zero())
      return true;
    stopped_.wait_for(lock, std::min<std::chrono::steady_clock::duration>(left, glance));
  }
  return false;
}

grpc::Status DiagnosticsService::farewell() const
{
  if (stopping_)
    return { grpc::StatusCode::UNAVAILABLE, "the agent is shutting down" };
  return { grpc::StatusCode::CANCELLED, "the client went away" };
}

Result<std::vector<domain::ServerReport>>
DiagnosticsService::recent_servers(const std::vector<std::uint32_t> &tgids, domain::Nanos max_age)
{
  const auto all = servers_.get(max_age);
  if (!all)
    return tl::unexpected(all.error());
  if (tgids.empty())
    return **all;
  std::vector<domain::ServerReport> chosen;
  for (const std::uint32_t tgid : tgids) {
    const auto found = std::ranges::find_if(
        **all, [&](const domain::ServerReport &report) { return has_member(report.server, tgid); });
    if (found == (*all)->end())
      return agent_.servers(tgids); // one that has just begun, or that nobody watches
    if (std::ranges::none_of(chosen, [&](const domain::ServerReport &report) {
          return report.server.master_tgid == found->server.master_tgid;
        }))
      chosen.push_back(*found);
  }
  return chosen;
}

grpc::Status DiagnosticsService::GetReport(grpc::ServerContext *context,
                                           const v1::GetReportRequest *request,
                                           v1::GetReportResponse *response)
{
  const auto window = span_in(request->window(), "window", 0s, 1h);
  if (!window)
    return to_status(window.error());

  const auto memory = tier_in(*request, *window);
  if (!memory)
    return to_status(memory.error());

  const auto tracing = tracing_of(request->allocations());
  if (!tracing)
    return to_status(tracing.error());

  const ReportQuery query{ *window, tgids_of(*request), *memory, *tracing };
  const auto report = query.window == domain::Nanos::zero()
                          ? agent_.report_so_far(query.tgids)
                          : agent_.observe(query, [&] { return ended(*context); });
  if (ended(*context))
    return farewell();
  if (!report)
    return to_status(report.error());
  *response->mutable_report() = to_proto(*report);
  return grpc::Status::OK;
}

grpc::Status DiagnosticsService::GetProfile(grpc::ServerContext *context,
                                            const v1::GetProfileRequest *request,
                                            v1::GetProfileResponse *response)
{
  const auto kind = kind_of(request->kind());
  if (!kind)
    return to_status(kind.error());
  const auto format = format_of(request->format());
  if (!format)
    return to_status(format.error());
  const auto window = span_in(request->window(), "window", 1ms, 1h);
  if (!window)
    return to_status(window.error());
  const auto tracing = tracing_of(request->allocations());
  if (!tracing)
    return to_status(tracing.error());

  const auto profile = agent_.profile({ *kind, *window, tgids_of(*request), *tracing },
                                      [&] { return ended(*context); });
  if (ended(*context))
    return farewell();
  if (!profile)
    return to_status(profile.error());
  Result<std::string> file = profile_file(*profile, *format);
  if (!file)
    return to_status(file.error());
  response->set_file(std::move(*file));
  for (const std::string &note : profile->notes)
    response->add_notes(valid_utf8(note));
  return grpc::Status::OK;
}

grpc::Status DiagnosticsService::TraceAllocations(grpc::ServerContext *context,
                                                  const v1::TraceAllocationsRequest *request,
                                                  v1::TraceAllocationsResponse *response)
{
  const auto window = span_in(request->window(), "window", 1ms, 1h);
  if (!window)
    return to_status(window.error());
  const auto tracing = tracing_of(request->tracing());
  if (!tracing)
    return to_status(tracing.error());

  const auto profile =
      agent_.profile({ domain::ProfileKind::retained, *window, tgids_of(*request), *tracing },
                     [&] { return ended(*context); });
  if (ended(*context))
    return farewell();
  if (!profile)
    return to_status(profile.error());
  for (const domain::ProfileSample &sample : profile->samples)
    *response->add_lines() = traced_line_of(sample);
  for (const std::string &note : profile->notes)
    response->add_notes(valid_utf8(note));
  return grpc::Status::OK;
}

grpc::Status DiagnosticsService::TakeCensus(grpc::ServerContext *context,
                                            const v1::TakeCensusRequest *request,
                                            v1::TakeCensusResponse *response)
{
  const auto query = census_query_of(*request);
  if (!query)
    return to_status(query.error());
  if (ended(*context))
    return farewell();
  const bool once = query->window == domain::Nanos::zero();
  auto look = agent_.look_at_heap(query->worker, once ? query->types : std::vector<std::string>{});
  std::optional<domain::Census> earlier;
  if (look && !once) {
    earlier = std::move(look->census);
    if (!pause(*context, query->window))
      return farewell();
    look = agent_.look_at_heap(query->worker, query->types);
  }
  if (ended(*context))
    return farewell();
  if (!look)
    return to_status(look.error());
  *response->mutable_census() = earlier ? to_proto(*earlier, look->census) : to_proto(look->census);
  for (const domain::Retainers &retainers : look->retainers)
    *response->mutable_census()->add_retainers() = to_proto(retainers);
  return grpc::Status::OK;
}

grpc::Status DiagnosticsService::ListServers(grpc::ServerContext *context,
                                             const v1::ListServersRequest *request,
                                             v1::ListServersResponse *response)
{
  if (ended(*context))
    return farewell();
  const auto servers = agent_.servers(tgids_of(*request));
  if (!servers)
    return to_status(servers.error());
  const domain::ClockAnchor clock = agent_.clock();
  for (const domain::ServerReport &server : *servers)
    *response->add_servers() = to_proto(server, clock);
  return grpc::Status::OK;
}

grpc::Status DiagnosticsService::WatchWorkers(grpc::ServerContext *context,
                                              const v1::WatchWorkersRequest *request,
                                              grpc::ServerWriter<v1::WatchWorkersResponse> *writer)
{
  domain::Nanos interval = 1s;
  if (request->has_interval()) {
    const auto asked = span_in(request->interval(), "interval", 100ms, 1h);
    if (!asked)
      return to_status(asked.error());
    interval = *asked;
  }

  const auto tgids = tgids_of(*request);
  do {
    if (ended(*context))
      return farewell();
    const auto servers = recent_servers(tgids, interval / 2);
    if (!servers)
      return to_status(servers.error());

    const domain::ClockAnchor clock = agent_.clock();
    v1::WatchWorkersResponse response;
    *response.mutable_time() = to_proto(domain::WallTime{ std::chrono::system_clock::now() });
    for (const domain::ServerReport &server : *servers)
      *response.add_servers() = to_proto(server, clock);
    if (!writer->Write(response))
      return farewell();
  } while (pause(*context, interval));
  return farewell();
}

grpc::Status
DiagnosticsService::WatchRequests(grpc::ServerContext *context,
                                  const v1::WatchRequestsRequest *request,
                                  grpc::ServerWriter<v1::WatchRequestsResponse> *writer)
{
  const auto min_wall = span_in(request->min_wall(), "min_wall", 0s, 1h);
  if (!min_wall)
    return to_status(min_wall.error());
  RequestFilter filter{ .servers = {}, .min_wall = *min_wall };
  if (request->tgids_size() > 0) {
    const auto servers = agent_.servers(tgids_of(*request));
    if (!servers)
      return to_status(servers.error());
    for (const domain::ServerReport &server : *servers)
      filter.servers.insert(server.server.master_tgid);
  }

  RequestQueue queue(limits_.queued_requests);
  const auto subscription = agent_.subscribe([&](const SeenRequest &seen) {
    if (filter.lets_pass(seen))
      queue.push(seen);
  });
  // Tells the client that nothing is missed from here on.
  writer->SendInitialMetadata();

  std::uint64_t sequence = 0;
  std::uint64_t skipped = 0;
  const auto send = [&](const SeenRequest *seen) {
    v1::WatchRequestsResponse response;
    response.set_sequence(++sequence);
    response.set_requests_skipped(std::exchange(skipped, 0));
    if (seen != nullptr)
      *response.mutable_request() = to_proto(*seen);
    return !ended(*context) && writer->Write(response);
  };

  while (!ended(*context)) {
    const RequestQueue::Batch batch = queue.take(glance);
    if (batch.requests.empty() && skipped > 0 && !send(nullptr))
      break;
    if (!std::ranges::all_of(batch.requests, [&](const SeenRequest &seen) { return send(&seen); }))
      break;
    skipped += batch.skipped;
  }
  return farewell();
}

grpc::Status
DiagnosticsService::WatchFindings(grpc::ServerContext *context,
                                  const v1::WatchFindingsRequest *request,
                                  grpc::ServerWriter<v1::WatchFindingsResponse> *writer)
{
  constexpr domain::Nanos interval = 1s;
  std::set<std::uint32_t> masters; // empty: all
  if (request->tgids_size() > 0) {
    const auto servers = agent_.servers(tgids_of(*request));
    if (!servers)
      return to_status(servers.error());
    for (const domain::ServerReport &server : *servers)
      masters.insert(server.server.master_tgid);
  }
  FindingChanges changes;
  do {
    if (ended(*context))
      return farewell();
    const auto report = report_.get(interval / 2);
    if (!report)
      return to_status(report.error());
    for (const FindingChanges::Change &change :
         changes.update(findings_of((*report)->findings, masters))) {
      v1::WatchFindingsResponse response;
      response.set_change(change_of(change.kind));
      *response.mutable_finding() = to_proto(change.finding, (*report)->clock);
      if (!writer->Write(response))
        return farewell();
    }
  } while (pause(*context, interval));
  return farewell();
}

} // namespace linger::serve
