// The calls of DiagnosticsService that go on until somebody ends them.

#include "serve/convert.h"
#include "serve/diagnostics_service.h"
#include "serve/duration_field.h"
#include "serve/escape.h"
#include "serve/finding_changes.h"
#include "serve/request_queue.h"
#include "serve/status.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <string>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

/// Which requests a subscriber asked for.
struct RequestFilter {
  std::set<std::uint32_t> servers; // empty: all
  domain::Nanos min_wall{};
  std::string endpoint; // empty: all
  std::optional<domain::Cause> cause;

  [[nodiscard]] bool lets_pass(const SeenRequest &seen) const
  {
    return (servers.empty() || servers.contains(seen.server)) &&
           seen.request.times.wall() >= min_wall &&
           (endpoint.empty() || endpoint == seen.request.method + " " + seen.route) &&
           (!cause || main_cause(seen.request.times) == *cause);
  }

  static domain::Cause main_cause(const domain::CauseTimes &times)
  {
    static constexpr auto causes = domain::all_causes();
    return *std::ranges::max_element(causes, {}, [&](domain::Cause cause) { return times[cause]; });
  }
};

Result<RequestFilter> filter_of(const v1::WatchRequestsRequest &request)
{
  RequestFilter filter{ .servers = {}, .endpoint = request.endpoint(), .cause = {} };
  const auto min_wall = span_in(request.min_wall(), "min_wall", 0s, 1h);
  if (!min_wall)
    return tl::unexpected(min_wall.error());
  filter.min_wall = *min_wall;
  if (request.cause().empty())
    return filter;
  filter.cause = domain::cause_named(request.cause());
  if (!filter.cause)
    return failure(Error::Kind::usage, "cause: \"" + printable(request.cause()) +
                                           "\" is none; a field of CauseTimes without its unit is");
  return filter;
}

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
  auto filter = filter_of(*request);
  if (!filter)
    return to_status(filter.error());
  domain::Nanos heartbeat = domain::Nanos::max();
  if (request->has_heartbeat()) {
    const auto asked = span_in(request->heartbeat(), "heartbeat", 1s, 1h);
    if (!asked)
      return to_status(asked.error());
    heartbeat = *asked;
  }
  if (request->tgids_size() > 0) {
    const auto servers = agent_.servers(tgids_of(*request));
    if (!servers)
      return to_status(servers.error());
    for (const domain::ServerReport &server : *servers)
      filter->servers.insert(server.server.master_tgid);
  }

  RequestQueue queue(limits_.queued_requests);
  const auto subscription = agent_.subscribe(
      [&](const SeenRequest &seen) {
        if (filter->lets_pass(seen))
          queue.push(seen);
      },
      request->after());
  // Tells the client that nothing is missed from here on.
  writer->SendInitialMetadata();

  using Clock = std::chrono::steady_clock;
  std::uint64_t sequence = 0;
  std::uint64_t skipped = subscription->missed();
  std::uint64_t skipped_until = subscription->missed_until();
  Clock::time_point sent = Clock::now();
  const auto send = [&](const SeenRequest *seen) {
    v1::WatchRequestsResponse response;
    response.set_sequence(++sequence);
    response.set_requests_skipped(std::exchange(skipped, 0));
    response.set_cursor(std::exchange(skipped_until, 0));
    response.set_restarted(sequence == 1 && subscription->is_of_another_run());
    if (seen != nullptr) {
      *response.mutable_request() = to_proto(*seen);
      response.set_cursor(seen->cursor);
    }
    sent = Clock::now();
    return !ended(*context) && writer->Write(response);
  };

  if (subscription->is_of_another_run() && !send(nullptr))
    return farewell();
  while (!ended(*context)) {
    const RequestQueue::Batch batch = queue.take(glance);
    const bool is_due = skipped > 0 || Clock::now() - sent >= heartbeat;
    if (batch.requests.empty() && is_due && !send(nullptr))
      break;
    if (!std::ranges::all_of(batch.requests, [&](const SeenRequest &seen) { return send(&seen); }))
      break;
    skipped += batch.skipped;
    skipped_until = std::max(skipped_until, batch.skipped_until);
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
    const auto report = live_.get(interval / 2);
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
