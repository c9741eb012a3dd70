#include "app/agent.h"

#include "app/escalator.h"
#include "app/heap_watch.h"
#include "diagnose/diagnose.h"

#include <algorithm>
#include <condition_variable>
#include <spdlog/spdlog.h>
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

Agent::Agent(const Config &config, domain::RouteTable routes, Clock clock)
    : clock_(std::move(clock)), thresholds_(config.thresholds), routes_(std::move(routes)),
      feed_(routes_, clock_()), recent_(feed_, routes_, config.findings_window)
{
}

Result<std::unique_ptr<Agent>> Agent::start(const Config &config,
                                            const std::vector<std::uint32_t> &only,
                                            const HostOpener &open_host, Clock clock)
{
  Result<domain::RouteTable> routes = domain::RouteTable::with_patterns(config.route_patterns);
  if (!routes)
    return because("configuration, routes.patterns", routes.error());

  std::unique_ptr<Agent> agent{ new Agent(config, std::move(*routes), std::move(clock)) };
  Result<std::unique_ptr<CollectingLoop>> loop =
      CollectingLoop::open(config, open_host, agent->feed_, agent->clock_, only);
  if (!loop)
    return tl::unexpected(loop.error());
  agent->loop_ = std::move(*loop);
  agent->collecting_ =
      std::jthread{ [self = agent.get()](const std::stop_token &stop) { self->collect(stop); } };
  if (config.escalation.to != domain::MemoryTier::growth)
    agent->escalating_ =
        std::jthread{ [self = agent.get(), escalation = config.escalation](
                          const std::stop_token &stop) { self->escalate(escalation, stop); } };
  return agent;
}

void Agent::escalate(const EscalationConfig &config, const std::stop_token &stop)
{
  std::mutex mutex;
  std::condition_variable_any stopped;
  EscalatorServices services{
    .report = [this] { return report_so_far({}); },
    .look = real_looks(),
    .tell =
        [this](const domain::Observation &observation) {
          return on_collecting_thread([&](CollectingLoop &) -> Result<> {
            feed_.add(observation);
            return {};
          });
        },
    .trace =
        [this, &config](std::uint32_t tgid, domain::Nanos window) {
          return on_collecting_thread([&](CollectingLoop &loop) {
            return loop.trace_allocations({ tgid }, config.allocations, window);
          });
        },
    .end_trace =
        [this] {
          // Fails where the agent ends, and the trace with it.
          (void)on_collecting_thread([](CollectingLoop &loop) -> Result<> {
            loop.end_trace();
            return {};
          });
        },
    .pause =
        [&](domain::Nanos span) {
          std::unique_lock lock{ mutex };
          stopped.wait_for(lock, stop, span, [] { return false; });
          return !stop.stop_requested() && !collecting_ended_;
        },
    .clock = clock_
  };
  Escalator{ config, thresholds_, std::move(services) }.run();
}

Agent::~Agent()
{
  stop();
}

void Agent::stop()
{
  if (escalating_.joinable()) {
    escalating_.request_stop();
    escalating_.join();
  }
  if (collecting_.joinable()) {
    collecting_.request_stop();
    collecting_.join();
  }
  loop_.reset();
}

void Agent::collect(const std::stop_token &stop)
{
  while (!stop.stop_requested()) {
    if (const Result<> turned = loop_->turn(); !turned) {
      spdlog::error("collecting ended: {}", turned.error().what);
      const std::scoped_lock lock{ failure_mutex_ };
      failure_ = turned.error();
      break;
    }
    work_.run_all();
    if (recent_.tend(clock_())) {
      if (const Result<> announced = loop_->refresh(); !announced)
        spdlog::warn("the latest minutes may lack a server: {}", announced.error().what);
    }
  }
  work_.close();
  collecting_ended_ = true;
}

std::optional<Error> Agent::failure_so_far() const
{
  const std::scoped_lock lock{ failure_mutex_ };
  return failure_;
}

Result<> Agent::on_collecting_thread(const std::function<Result<>(CollectingLoop &)> &work)
{
  Result<> result;
  if (work_.run([&] { result = work(*loop_); }))
    return result;
  if (const std::optional<Error> error = failure_so_far())
    return tl::unexpected(*error);
  return failure(Error::Kind::exhausted, "the agent is shutting down");
}

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

Result<domain::Report> Agent::live_report(const std::vector<std::uint32_t> &tgids)
{
  std::vector<std::uint32_t> chosen;
  std::vector<std::uint32_t> living;
  std::optional<domain::Report> recent;
  domain::ClockAnchor now;
  const Result<> looked = on_collecting_thread([&](CollectingLoop &loop) -> Result<> {
    Result<std::vector<std::uint32_t>> known = loop.masters_of(tgids);
    if (!known)
      return tl::unexpected(known.error());
    chosen = std::move(*known);
    for (const domain::Server &server : loop.servers())
      living.push_back(server.master_tgid);
    recent_.want(clock_());
    (void)recent_.tend(clock_()); // a new window is told of the servers now
    const Result<> refreshed = loop.refresh();
    now = clock_();
    recent = recent_.report(now);
    return refreshed;
  });
  if (!looked)
    return tl::unexpected(looked.error());
  domain::Report report = restricted(feed_.report_so_far(now), chosen);
  if (!recent && report.window.length() < recent_.span()) {
    report.findings =
        diagnose::diagnose(report, thresholds_); // the start is among the latest minutes
  } else {
    if (!recent)
      report.coverage.gaps.emplace_back(not_yet_judged);
    report.findings = diagnose::current_findings(
        recent ? restricted(std::move(*recent), chosen) : domain::Report{}, report, thresholds_);
  }
  // With those that are gone there is nothing to put right.
  std::erase_if(report.findings,
                [&](const domain::Finding &finding) { return !is_among(living, finding.server); });
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

Result<domain::Report> Agent::totals()
{
  const Result<Watched> watched = refreshed({});
  if (!watched)
    return tl::unexpected(watched.error());
  domain::Report report = feed_.report_so_far(clock_(), domain::Evidence::OpenRequests::left_out);
  keep_the_living(report.servers, watched->masters);
  std::erase_if(report.endpoints, [&](const domain::EndpointReport &endpoint) {
    return !is_among(watched->masters, endpoint.server);
  });
  return report;
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

std::unique_ptr<serve::AgentView::Subscription>
Agent::subscribe(std::function<void(const serve::SeenRequest &)> handler, std::uint64_t after)
{
  return feed_.subscribe(std::move(handler), after);
}

} // namespace linger::app
