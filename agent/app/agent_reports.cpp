// What the agent answers at once.

#include "app/agent.h"

#include "app/heap_watch.h"
#include "diagnose/diagnose.h"

#include <algorithm>
#include <string_view>

namespace linger::app {
namespace {

constexpr std::string_view not_yet_judged =
    "Nobody has asked for a while, so the latest minutes are looked at only now: findings that are "
    "judged by them follow within ten seconds.";

bool is_among(const std::vector<std::uint32_t> &masters, std::uint32_t master)
{
  return std::ranges::find(masters, master) != masters.end();
}

/// The report on some of its servers. Empty `masters`: on all.
domain::Report restricted(domain::Report report, const std::vector<std::uint32_t> &masters)
{
  if (masters.empty())
    return report;
  std::erase_if(report.servers, [&](const domain::ServerReport &server) {
    return !is_among(masters, server.server.master_tgid);
  });
  const std::size_t all_endpoints = report.endpoints.size();
  std::erase_if(report.endpoints, [&](const domain::EndpointReport &endpoint) {
    return !is_among(masters, endpoint.server);
  });
  if (report.endpoints.size() != all_endpoints)
    report.coverage.gaps.emplace_back("The coverage counts every server that the agent watches, "
                                      "not just those asked for.");
  return report;
}

/// A report tells of the past too.
void keep_the_living(std::vector<domain::ServerReport> &servers,
                     const std::vector<std::uint32_t> &masters)
{
  std::erase_if(servers, [&](const domain::ServerReport &server) {
    return !is_among(masters, server.server.master_tgid);
  });
  for (domain::ServerReport &server : servers)
    std::erase_if(server.workers, [](const domain::WorkerReport &worker) {
      return worker.state == domain::WorkerState::exited;
    });
}

} // namespace

domain::Report Agent::with_findings(domain::Report report) const
{
  diagnose::judge(report, thresholds_);
  return report;
}

Result<Agent::Watched> Agent::refreshed(const std::vector<std::uint32_t> &tgids)
{
  Watched watched;
  const Result<> refreshed = on_collecting_thread([&](CollectingLoop &loop) -> Result<> {
    Result<std::vector<std::uint32_t>> chosen = loop.masters_of(tgids);
    if (!chosen)
      return tl::unexpected(chosen.error());
    watched.chosen = std::move(*chosen);
    for (const domain::Server &server : loop.servers())
      watched.masters.push_back(server.master_tgid);
    return loop.refresh();
  });
  if (!refreshed)
    return tl::unexpected(refreshed.error());
  return watched;
}

Result<domain::Report> Agent::report_so_far(const std::vector<std::uint32_t> &tgids)
{
  const Result<Watched> watched = refreshed(tgids);
  if (!watched)
    return tl::unexpected(watched.error());
  return with_findings(restricted(feed_.report_so_far(clock_()), watched->chosen));
}

Result<Agent::Looked> Agent::looked(const std::vector<std::uint32_t> &tgids)
{
  Looked looked;
  const Result<> refreshed = on_collecting_thread([&](CollectingLoop &loop) -> Result<> {
    Result<std::vector<std::uint32_t>> known = loop.masters_of(tgids);
    if (!known)
      return tl::unexpected(known.error());
    looked.chosen = std::move(*known);
    for (const domain::Server &server : loop.servers())
      looked.masters.push_back(server.master_tgid);
    recent_.want(clock_());
    (void)recent_.tend(clock_()); // a new window is told of the servers now
    const Result<> announced = loop.refresh();
    looked.now = clock_();
    looked.recent = recent_.report(looked.now);
    return announced;
  });
  if (!refreshed)
    return tl::unexpected(refreshed.error());
  return looked;
}

bool Agent::is_judged(const Looked &looked, const domain::Report &report) const
{
  // The start is among the latest minutes.
  return looked.recent || report.window.length() < recent_.span();
}

std::vector<domain::Finding> Agent::findings_of(Looked looked, const domain::Report &report) const
{
  std::vector<domain::Finding> findings;
  if (looked.recent)
    findings = diagnose::current_findings(restricted(std::move(*looked.recent), looked.chosen),
                                          report, thresholds_);
  else if (is_judged(looked, report))
    findings = diagnose::diagnose(report, thresholds_);
  else
    findings = diagnose::current_findings({}, report, thresholds_);
  // With those that are gone there is nothing to put right.
  std::erase_if(findings, [&](const domain::Finding &finding) {
    return !is_among(looked.masters, finding.server);
  });
  return findings;
}

Result<domain::Report> Agent::live_report(const std::vector<std::uint32_t> &tgids)
{
  Result<Looked> now = looked(tgids);
  if (!now)
    return tl::unexpected(now.error());
  domain::Report report = restricted(feed_.report_so_far(now->now), now->chosen);
  if (!is_judged(*now, report))
    report.coverage.gaps.emplace_back(not_yet_judged);
  report.findings = findings_of(std::move(*now), report);
  return report;
}

Result<std::vector<domain::ServerReport>> Agent::servers(const std::vector<std::uint32_t> &tgids)
{
  const Result<Watched> watched = refreshed(tgids);
  if (!watched)
    return tl::unexpected(watched.error());
  std::vector<domain::ServerReport> servers = feed_.report_so_far(clock_()).servers;
  keep_the_living(servers, watched->chosen.empty() ? watched->masters : watched->chosen);
  return servers;
}

domain::Report Agent::totals_of(domain::ClockAnchor now, const std::vector<std::uint32_t> &masters)
{
  domain::Report report = feed_.report_so_far(now, domain::Evidence::OpenRequests::left_out);
  keep_the_living(report.servers, masters);
  std::erase_if(report.endpoints, [&](const domain::EndpointReport &endpoint) {
    return !is_among(masters, endpoint.server);
  });
  return report;
}

Result<domain::Report> Agent::totals()
{
  const Result<Watched> watched = refreshed({});
  if (!watched)
    return tl::unexpected(watched.error());
  return totals_of(clock_(), watched->masters);
}

Result<Agent::Scrape> Agent::scrape()
{
  Result<Looked> now = looked({});
  if (!now)
    return tl::unexpected(now.error());
  Scrape scrape{ .totals = totals_of(now->now, now->masters), .findings = {} };
  scrape.findings = findings_of(std::move(*now), scrape.totals);
  return scrape;
}

bool Agent::watches_nothing()
{
  const Result<std::vector<domain::ServerReport>> watched = servers({});
  return watched && watched->empty();
}

Result<domain::HeapLook> Agent::look_at_heap(std::uint32_t worker,
                                             const std::vector<std::string> &types)
{
  const auto known = servers({ worker });
  if (!known)
    return tl::unexpected(known.error());
  for (const domain::ServerReport &server : *known) {
    if (const Result<> checked = check_is_worker(server.server, worker); !checked)
      return tl::unexpected(checked.error());
  }
  // Each copies up to a quarter of a gigabyte.
  const std::unique_lock only_one(heap_mutex_, std::try_to_lock);
  if (!only_one)
    return failure(Error::Kind::exhausted,
                   "another census is being taken for somebody else; try again later");
  return app::look_at_heap(worker, types, python::MissingType::refused);
}

} // namespace linger::app
