#include "app/history_keeper.h"

#include "diagnose/diagnose.h"
#include "domain/rolling_evidence.h"
#include "serve/escape.h"
#include "serve/history/minute.h"

#include <spdlog/spdlog.h>

namespace linger::app {

std::unique_ptr<HistoryKeeper> HistoryKeeper::start(const Config &config, Agent &agent)
{
  if (config.history.path.empty() || config.history.path == HistoryConfig::off)
    return nullptr;
  Result<serve::HistoryStore> store =
      serve::HistoryStore::open(config.history.path, { .max_bytes = config.history.max_bytes,
                                                       .retention = config.history.retention });
  if (!store) {
    spdlog::warn("no history is kept: {}. [history] path gives it another place, or \"off\"",
                 store.error().what);
    return nullptr;
  }
  if (const std::string notice = store->notice(); !notice.empty())
    spdlog::warn(notice);
  spdlog::info("keeps the history {}", serve::printable(config.history.path));
  return std::unique_ptr<HistoryKeeper>{ new HistoryKeeper(config, agent, std::move(*store)) };
}

HistoryKeeper::HistoryKeeper(const Config &config, Agent &agent, serve::HistoryStore store)
    : config_(config), agent_(agent), history_(std::move(store)),
      writing_([this](const std::stop_token &stop) { write(stop); }),
      gathering_([this](const std::stop_token &stop) { gather(stop); })
{
}

HistoryKeeper::~HistoryKeeper()
{
  // First the one that hands over, so that the other gets all of it.
  gathering_.request_stop();
  gathering_.join();
  writing_.request_stop();
  writing_.join();
}

void HistoryKeeper::gather(const std::stop_token &stop)
{
  // They were checked when the agent was started.
  const Result<domain::RouteTable> routes =
      domain::RouteTable::with_patterns(config_.route_patterns);
  domain::RollingEvidence rolling{ routes.value_or(domain::RouteTable{}), config_.history.interval,
                                   [this](domain::Evidence evidence) {
                                     offer(std::move(evidence));
                                   } };
  const auto clock = [this] { return agent_.clock(); };
  const Result<> ended = agent_.record_while(
      { .window = domain::Nanos::max() }, [&](domain::Nanos) { return !stop.stop_requested(); },
      [&](const domain::Observation &observation) { rolling.add(observation, clock); });
  rolling.finish(agent_.clock());
  if (!ended && !stop.stop_requested())
    spdlog::warn("the history ends here: {}", serve::printable(ended.error().what));
}

/// On the collecting thread, which must not wait.
void HistoryKeeper::offer(domain::Evidence evidence)
{
  {
    const std::scoped_lock lock{ mutex_ };
    if (waiting_.size() >= most_waiting) {
      waiting_.pop_front();
      history_.count_lost();
    }
    waiting_.push_back(std::move(evidence));
  }
  filled_.notify_one();
}

void HistoryKeeper::write(const std::stop_token &stop)
{
  while (true) {
    std::unique_lock lock{ mutex_ };
    filled_.wait(lock, stop, [this] { return !waiting_.empty(); });
    if (waiting_.empty())
      return; // told to stop, and all is written
    domain::Evidence evidence = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    write_one(std::move(evidence));
  }
}

void HistoryKeeper::write_one(domain::Evidence evidence)
{
  domain::Report report = evidence.report();
  if (report.servers.empty() && report.endpoints.empty())
    return; // nothing to remember
  diagnose::judge(report, config_.thresholds);
  const Result<> added = history_.add(serve::to_minute(report));
  if (!added && !failing_)
    spdlog::warn(
        "a minute of the history is lost: {}. It is tried again with each one that follows",
        added.error().what);
  if (added && failing_)
    spdlog::info("the history goes on");
  failing_ = !added;
  if (const std::string notice = history_.notice(); !notice.empty())
    spdlog::warn(notice);
}

} // namespace linger::app
