#include "serve/diagnostics_service.h"

#include "serve/convert.h"
#include "serve/convert_census.h"
#include "serve/convert_profile.h"
#include "serve/duration_field.h"
#include "serve/escape.h"
#include "serve/history/history.h"
#include "serve/render/profile.h"
#include "serve/status.h"

#include <algorithm>
#include <optional>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

constexpr const char *a_census = "a census";
constexpr const char *tracing_allocations = "tracing of allocations";

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

Result<v1::Report> DiagnosticsService::report_since(const v1::GetReportRequest &request)
{
  const auto since = span_in(request.since(), "since", 1s, longest_since);
  if (!since)
    return tl::unexpected(since.error());
  if (request.window().seconds() != 0 || request.window().nanos() != 0 ||
      request.memory() > v1::MEMORY_TIER_GROWTH || request.live())
    return failure(Error::Kind::usage,
                   "since: the past is not observed; set neither window, memory nor live");
  if (history_ == nullptr)
    return failure(Error::Kind::not_supported,
                   "this agent keeps no history: its log says why, or [history] path is \"off\"");
  return history_->report_since(*since, tgids_of(request));
}

grpc::Status DiagnosticsService::GetReport(grpc::ServerContext *context,
                                           const v1::GetReportRequest *request,
                                           v1::GetReportResponse *response)
{
  if (request->has_since()) {
    Result<v1::Report> report = report_since(*request);
    if (!report)
      return to_status(report.error());
    *response->mutable_report() = std::move(*report);
    return grpc::Status::OK;
  }
  const auto window = span_in(request->window(), "window", 0s, 1h);
  if (!window)
    return to_status(window.error());

  const auto memory = tier_in(*request, *window);
  if (!memory)
    return to_status(memory.error());

  const auto tracing = tracing_of(request->allocations());
  if (!tracing)
    return to_status(tracing.error());

  if (*memory != domain::MemoryTier::growth)
    if (const auto allowed = access_.check_operates(
            *context, *memory == domain::MemoryTier::census ? a_census : tracing_allocations);
        !allowed)
      return to_status(allowed.error());

  if (request->live() && *window != domain::Nanos::zero())
    return { grpc::StatusCode::INVALID_ARGUMENT, "live: a window has findings of its own" };

  const ReportQuery query{ *window, tgids_of(*request), *memory, *tracing };
  const auto report = request->live() ? agent_.live_report(query.tgids)
                      : query.window == domain::Nanos::zero()
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

  if (domain::needs_allocations(*kind))
    if (const auto allowed = access_.check_operates(*context, tracing_allocations); !allowed)
      return to_status(allowed.error());

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

  if (const auto allowed = access_.check_operates(*context, tracing_allocations); !allowed)
    return to_status(allowed.error());

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
  if (const auto allowed = access_.check_operates(*context, a_census); !allowed)
    return to_status(allowed.error());
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

} // namespace linger::serve
