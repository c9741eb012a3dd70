// The agent's calls that go on for a window.

#include "app/agent.h"
#include "app/globals_watch.h"
#include "app/heap_watch.h"

#include <algorithm>
#include <future>
#include <optional>
#include <thread>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

/// Between two looks at whether a window shall go on.
constexpr std::chrono::milliseconds attention_interval{ 50 };

std::vector<domain::Server> chosen_of(std::vector<domain::Server> servers,
                                      const std::vector<std::uint32_t> &masters)
{
  if (!masters.empty())
    std::erase_if(servers, [&](const domain::Server &server) {
      return std::ranges::find(masters, server.master_tgid) == masters.end();
    });
  return servers;
}

bool is_ready(const std::future<void> &work)
{
  return work.wait_for(0s) == std::future_status::ready;
}

} // namespace

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
  if (heaps) {
    globals.emplace(looked_into, real_globals());
    tell_globals(globals->announce(clock_().monotonic));
  }
  domain::Nanos passed{};
  domain::Nanos looked_at_globals{};
  while (passed < query.window && keep_on(passed) && !collecting_ended_) {
    if (!looked_at_middle && passed >= query.window / 2 && is_ready(looking)) {
      looking = std::async(std::launch::async, [&heaps] { heaps->look_at_middle(); });
      looked_at_middle = true;
    }
    if (globals && passed >= looked_at_globals) {
      looked_at_globals = passed + GlobalsWatch::interval;
      tell_globals(globals->look([this] { return clock_().monotonic; }));
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

void Agent::tell_globals(const std::vector<domain::GlobalsLook> &looks)
{
  (void)on_collecting_thread([&](CollectingLoop &) -> Result<> {
    for (const domain::GlobalsLook &look : looks)
      feed_.add(look);
    return {};
  });
}

} // namespace linger::app
