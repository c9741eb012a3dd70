#include "serve/diagnostics_service.h"

#include "serve/convert.h"
#include "serve/convert_profile.h"
#include "serve/duration_field.h"
#include "serve/escape.h"
#include "serve/finding_changes.h"
#include "serve/render/profile.h"
#include "serve/request_queue.h"
#include "serve/status.h"

#include <algorithm>
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
    const auto servers = agent_.servers(tgids);
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
  const auto tgids = tgids_of(*request);
  FindingChanges changes;
  do {
    if (ended(*context))
      return farewell();
    const auto report = agent_.report_so_far(tgids);
    if (!report)
      return to_status(report.error());
    for (const FindingChanges::Change &change : changes.update(report->findings)) {
      v1::WatchFindingsResponse response;
      response.set_change(change_of(change.kind));
      *response.mutable_finding() = to_proto(change.finding, report->clock);
      if (!writer->Write(response))
        return farewell();
    }
  } while (pause(*context, 1s));
  return farewell();
}

} // namespace linger::serve
