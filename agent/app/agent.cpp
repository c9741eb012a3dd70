#include "app/agent.h"

#include "app/escalator.h"
#include "app/heap_watch.h"

#include <condition_variable>
#include <fmt/format.h>
#include <spdlog/spdlog.h>

namespace linger::app {
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
  agent->came_round_ = agent->clock_().monotonic;
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
    came_round_ = clock_().monotonic;
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

Result<> Agent::health()
{
  if (const std::optional<Error> error = failure_so_far())
    return tl::unexpected(*error);
  if (collecting_ended_)
    return failure(Error::Kind::exhausted, "the agent is shutting down");
  const domain::Nanos silence = clock_().monotonic - came_round_.load();
  if (silence < most_silence)
    return {};
  return failure(
      Error::Kind::internal,
      fmt::format("the collecting thread has not come round for {} s; restart the agent, "
                  "and give it more CPU where all others wait for one too",
                  std::chrono::floor<std::chrono::seconds>(silence).count()));
}

std::unique_ptr<serve::AgentView::Subscription>
Agent::subscribe(std::function<void(const serve::SeenRequest &)> handler, std::uint64_t after)
{
  return feed_.subscribe(std::move(handler), after);
}

} // namespace linger::app
