#include "app/agent.h"

#include "app/escalator.h"
#include "app/globals_watch.h"
#include "app/heap_watch.h"
#include "diagnose/diagnose.h"

#include <algorithm>
#include <condition_variable>
#include <future>
#include <spdlog/spdlog.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

/// Between two looks at whether a window shall go on.
constexpr std::chrono::milliseconds attention_interval{ 50 };

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

std::vector<domain::Server> chosen_of(std::vector<domain::Server> servers,
                                      const std::vector<std::uint32_t> &masters)
{
  if (!masters.empty())
    std::erase_if(servers, [&](const domain::Server &server) {
      return !is_among(masters, server.master_tgid);
    });
  return servers;
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

bool is_ready(const std::future<void> &work)
{
  return work.wait_for(0s) == std::future_status::ready;
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
  report.findings = recent ? diagnose::current_findings(restricted(std::move(*recent), chosen),
                                                        report, thresholds_)
                           : diagnose::diagnose(report, thresholds_);
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

Result<domain::Report> Agent::observe(const serve::ReportQuery &query,
                                      const std::function<bool()> &cancelled)
{
  bool was_cancelled = false;
  Result<domain::Report> report = observe_while(query, [&](domain::Nanos) {
    was_cancelled = cancelled();
    return !was_cancelled;
  });
  if (report && was_cancelled)
    return failure(Error::Kind::exhausted, "the observation was cancelled");
  return report;
}

Result<domain::Report> Agent::observe_while(const serve::ReportQuery &query, const KeepOn &keep_on,
                                            domain::RequestSink sink)
{
  domain::Evidence evidence{ routes_ };
  evidence.tell_requests(std::move(sink));
  const Result<> recorded = record_while(
      query, keep_on, [&](const domain::Observation &observation) { evidence.add(observation); });
  if (!recorded)
    return tl::unexpected(recorded.error());
  domain::Report report = evidence.report();
  evidence.finish(); // for the sink
  return with_findings(std::move(report));
}

Result<domain::Profile> Agent::profile(const serve::ProfileQuery &query,
                                       const std::function<bool()> &cancelled)
{
  bool was_cancelled = false;
  Result<domain::Profile> profile = profile_while(query, [&](domain::Nanos) {
    was_cancelled = cancelled();
    return !was_cancelled;
  });
  if (profile && was_cancelled)
    return failure(Error::Kind::exhausted, "the observation was cancelled");
  return profile;
}

Result<domain::Profile> Agent::profile_while(const serve::ProfileQuery &query,
                                             const KeepOn &keep_on)
{
  domain::Evidence evidence{ routes_, true };
  const domain::MemoryTier memory = domain::needs_allocations(query.kind)
                                        ? domain::MemoryTier::allocations
                                        : domain::MemoryTier::growth;
  const Result<> recorded =
      record_while({ query.window, query.tgids, memory, query.allocations }, keep_on,
                   [&](const domain::Observation &observation) { evidence.add(observation); });
  if (!recorded)
    return tl::unexpected(recorded.error());
  return evidence.profile(query.kind);
}

Result<> Agent::record_while(const serve::ReportQuery &query, const KeepOn &keep_on,
                             ObservationSink sink)
{
  std::unique_ptr<ObservationFeed::Window> observed;
  std::optional<HeapWatch> heaps;
  std::vector<domain::Server> looked_into;
  domain::MonotonicTime begin;
  const bool traces = query.memory == domain::MemoryTier::allocations;
  const Result<> opened = on_collecting_thread([&](CollectingLoop &loop) -> Result<> {
    Result<std::vector<std::uint32_t>> masters = loop.masters_of(query.tgids);
    if (!masters)
      return tl::unexpected(masters.error());
    if (query.memory == domain::MemoryTier::census) {
      looked_into = chosen_of(loop.servers(), *masters);
      heaps.emplace(canaries(looked_into), real_looks());
    }
    const domain::ClockAnchor now = clock_();
    begin = now.monotonic;
    observed = feed_.open_window(now, *masters, std::move(sink));
    const Result<> refreshed = loop.refresh();
    if (!refreshed || !traces)
      return refreshed;
    // The window knows its servers by now.
    return loop.trace_allocations(canaries(chosen_of(loop.servers(), *masters)), query.allocations,
                                  query.window);
  });
  if (!opened)
    return opened;

  // A census takes its time: the progress goes on meanwhile. The last one is waited for.
  std::future<void> looking;
  if (heaps)
    looking = std::async(std::launch::async, [&heaps] { heaps->look_at_begin(); });
  bool looked_at_middle = !heaps;
  std::optional<GlobalsWatch> globals;
  if (heaps)
    globals.emplace(looked_into, real_globals());
  domain::Nanos passed{};
  domain::Nanos looked_at_globals{};
  while (passed < query.window && keep_on(passed) && !collecting_ended_) {
    if (!looked_at_middle && passed >= query.window / 2 && is_ready(looking)) {
      looking = std::async(std::launch::async, [&heaps] { heaps->look_at_middle(); });
      looked_at_middle = true;
    }
    if (globals && passed >= looked_at_globals) {
      looked_at_globals = passed + GlobalsWatch::interval;
      tell_globals(*globals);
    }
    std::this_thread::sleep_for(std::min<domain::Nanos>(attention_interval, query.window - passed));
    passed = clock_().monotonic - begin;
  }
  std::vector<domain::HeapGrowth> growths;
  if (heaps) {
    looking.get();
    growths = heaps->look_at_end();
  }

  return on_collecting_thread([&](CollectingLoop &loop) -> Result<> {
    for (const domain::HeapGrowth &growth : growths)
      feed_.add(growth);
    observed->end_at(clock_());
    const Result<> refreshed = loop.refresh();
    if (traces)
      loop.end_trace();
    if (!refreshed)
      return refreshed;
    observed->close();
    return {};
  });
}

void Agent::tell_globals(GlobalsWatch &globals)
{
  const auto looks = globals.look([this] { return clock_().monotonic; });
  (void)on_collecting_thread([&](CollectingLoop &) -> Result<> {
    for (const domain::GlobalsLook &look : looks)
      feed_.add(look);
    return {};
  });
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
Agent::subscribe(std::function<void(const serve::SeenRequest &)> handler)
{
  return feed_.subscribe(std::move(handler));
}

} // namespace linger::app
