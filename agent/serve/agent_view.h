// What the service needs of the agent.

#pragma once

#include "base/result.h"
#include "domain/allocation.h"
#include "domain/census.h"
#include "domain/observation.h"
#include "domain/profile.h"
#include "domain/report.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace linger::serve {

/// A request with what the agent knows about it beyond the record.
struct SeenRequest {
  domain::Request request;
  std::string route;
  std::uint32_t server = 0; // master_tgid
  domain::WallTime start_time;
  /// Among all requests of this run: rises. Those of another run are of another range.
  std::uint64_t cursor = 0;
};

/// What a report is asked for.
struct ReportQuery {
  domain::Nanos window{};
  std::vector<std::uint32_t> tgids;
  /// The most that may be done: growth, census, or allocations.
  domain::MemoryTier memory = domain::MemoryTier::growth;
  domain::AllocationQuery allocations;
  /// Without a window: with the findings that hold now.
  bool live = false;
};

/// What a profile is asked for.
struct ProfileQuery {
  domain::ProfileKind kind = domain::ProfileKind::blocked;
  domain::Nanos window{};
  std::vector<std::uint32_t> tgids;
  /// Of a kind that needs them.
  domain::AllocationQuery allocations;
};

/// What a census is asked for.
struct CensusQuery {
  std::uint32_t worker = 0;
  /// Zero: one census, not the growth between two.
  domain::Nanos window{};
  std::vector<std::string> types; // whose holders are looked for
};

/// Implemented by app::Agent and by tests. Thread-safe. `tgids` are masters or any of their
/// workers; empty means every server; one that is watched by nobody gives not_found.
class AgentView {
public:
  virtual ~AgentView() = default;

  /// Everything since the agent started, findings included.
  [[nodiscard]] virtual Result<domain::Report>
  report_so_far(const std::vector<std::uint32_t> &tgids) = 0;

  /// Everything since the agent started, with the findings that hold now: judged by the latest
  /// minutes, what only adds up by everything since the start. Looking at the latest minutes begins
  /// with the first one who asks after a while: for ten seconds a gap says that nothing is known of
  /// them, unless the agent itself is that young.
  [[nodiscard]] virtual Result<domain::Report>
  live_report(const std::vector<std::uint32_t> &tgids) = 0;

  /// Everything since the agent started that is over: the sums of an endpoint never fall from one
  /// call to the next. Only of servers and workers that are watched at this moment; without
  /// findings.
  [[nodiscard]] virtual Result<domain::Report> totals() = 0;

  /// What a scraper is told. `totals` as totals() has them; the findings are those that hold now,
  /// as live_report() has them.
  struct Scrape {
    domain::Report totals;
    std::vector<domain::Finding> findings;
  };
  /// Both for the price of one.
  [[nodiscard]] virtual Result<Scrape> scrape() = 0;

  /// Whether the agent collects: fails with the reason when it has ended, or does not come round
  /// any more. Answers at once, however busy the agent is.
  [[nodiscard]] virtual Result<> health() = 0;

  /// Observes for the window from now on and answers, findings included. Blocks; looks at
  /// `cancelled` several times a second and fails as `exhausted` when it turns true.
  [[nodiscard]] virtual Result<domain::Report> observe(const ReportQuery &query,
                                                       const std::function<bool()> &cancelled) = 0;

  /// Like observe().
  [[nodiscard]] virtual Result<domain::Profile> profile(const ProfileQuery &query,
                                                        const std::function<bool()> &cancelled) = 0;

  /// The objects of a worker's heap, and who holds those of some types, while it runs on. Blocks
  /// for as long as a census takes. usage when `worker` is a master, exhausted while another census
  /// is being taken so or when the heap does not hold still.
  [[nodiscard]] virtual Result<domain::HeapLook>
  look_at_heap(std::uint32_t worker, const std::vector<std::string> &types) = 0;

  /// Servers and the state of their workers at this moment.
  [[nodiscard]] virtual Result<std::vector<domain::ServerReport>>
  servers(const std::vector<std::uint32_t> &tgids) = 0;

  /// Converts a Report's and ServerReport's monotonic times for people.
  [[nodiscard]] virtual domain::ClockAnchor clock() = 0;

  /// Calls `handler` for each request as it ends, on the agent's collecting thread: it must only
  /// enqueue. Ends when the returned handle is destroyed; the handler is not called after that.
  /// `after` is the cursor of a request: those since then that are still held come first, at once
  /// and on the caller's thread. 0: from now on.
  class Subscription {
  public:
    virtual ~Subscription() = default;
    /// `after` is not of this run, but of an earlier one or of another agent: what came first is
    /// everything that is held.
    [[nodiscard]] virtual bool is_of_another_run() const = 0;
    /// Requests since `after` that are no longer held; of another run, since this one began.
    [[nodiscard]] virtual std::uint64_t missed() const = 0;
    /// The cursor of the last one of these.
    [[nodiscard]] virtual std::uint64_t missed_until() const = 0;
  };
  [[nodiscard]] virtual std::unique_ptr<Subscription>
  subscribe(std::function<void(const SeenRequest &)> handler, std::uint64_t after) = 0;
};

} // namespace linger::serve
