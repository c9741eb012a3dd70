// The agent: watches the servers on this host and answers for them.

#pragma once

#include "app/collecting_loop.h"
#include "app/live_host.h"
#include "app/own_cost.h"
#include "app/recent_evidence.h"
#include "app/work_queue.h"
#include "serve/agent_view.h"

#include <atomic>
#include <mutex>
#include <optional>
#include <thread>

namespace linger::app {

/// Runs one collecting thread from start() to stop(). Thread-safe but for stop() and destruction.
class Agent : public serve::AgentView {
public:
  /// The collecting thread comes round several times a second. On a node whose CPUs are
  /// overcommitted it was seen to take 22 s; after this long it hangs.
  static constexpr std::chrono::minutes most_silence{ 1 };

  /// Asked several times a second with the part of the window that has passed; false ends the
  /// window early.
  using KeepOn = std::function<bool(domain::Nanos passed)>;

  /// Attaches the probes and watches every server, now and as they come; with `only` just those
  /// that these masters or workers belong to. Fails with not_found when one of them is no server.
  [[nodiscard]] static Result<std::unique_ptr<Agent>>
  start(const Config &config, const std::vector<std::uint32_t> &only,
        const HostOpener &open_host = open_live_host, Clock clock = read_clocks);
  ~Agent() override;
  Agent(const Agent &) = delete;
  Agent &operator=(const Agent &) = delete;

  [[nodiscard]] Result<domain::Report>
  report_so_far(const std::vector<std::uint32_t> &tgids) override;
  [[nodiscard]] Result<domain::Report>
  live_report(const std::vector<std::uint32_t> &tgids) override;
  [[nodiscard]] Result<domain::Report> totals() override;
  [[nodiscard]] Result<Scrape> scrape() override;
  [[nodiscard]] Result<> health() override;
  [[nodiscard]] Result<domain::Report> observe(const serve::ReportQuery &query,
                                               const std::function<bool()> &cancelled) override;
  [[nodiscard]] Result<domain::Profile> profile(const serve::ProfileQuery &query,
                                                const std::function<bool()> &cancelled) override;
  [[nodiscard]] Result<domain::HeapLook>
  look_at_heap(std::uint32_t worker, const std::vector<std::string> &types) override;
  [[nodiscard]] Result<std::vector<domain::ServerReport>>
  servers(const std::vector<std::uint32_t> &tgids) override;
  [[nodiscard]] domain::ClockAnchor clock() override { return clock_(); }
  [[nodiscard]] std::unique_ptr<Subscription>
  subscribe(std::function<void(const serve::SeenRequest &)> handler, std::uint64_t after) override;

  /// Like observe(), but a window that ends early has its report too. Every request is passed to
  /// `sink` as well, if there is one, on other threads, one at a time.
  [[nodiscard]] Result<domain::Report> observe_while(const serve::ReportQuery &query,
                                                     const KeepOn &keep_on,
                                                     domain::RequestSink sink = {});

  /// Like profile(), but a window that ends early has its profile too.
  [[nodiscard]] Result<domain::Profile> profile_while(const serve::ProfileQuery &query,
                                                      const KeepOn &keep_on);

  /// Hands every observation of the window to `sink`, on other threads, one at a time; a WindowMark
  /// is the first and the last.
  [[nodiscard]] Result<> record_while(const serve::ReportQuery &query, const KeepOn &keep_on,
                                      ObservationSink sink);

  /// Whether there is no server to watch at this moment.
  [[nodiscard]] bool watches_nothing();

  /// Detaches everything. What is still being observed fails. Idempotent.
  void stop();

  /// Why collecting ended by itself, if it did.
  [[nodiscard]] std::optional<Error> failure_so_far() const;

private:
  Agent(const Config &config, domain::RouteTable routes, Clock clock);

  struct Watched {
    std::vector<std::uint32_t> masters; // all there are
    std::vector<std::uint32_t> chosen;  // those asked for; empty: all
  };
  /// What was watched at one moment, and the latest minutes until then.
  struct Looked {
    domain::ClockAnchor now;
    std::vector<std::uint32_t> masters; // all there are
    std::vector<std::uint32_t> chosen;  // those asked for; empty: all
    std::optional<domain::Report> recent;
  };
  /// Hands over everything that happened until now, as to one who wants the findings of now.
  [[nodiscard]] Result<Looked> looked(const std::vector<std::uint32_t> &tgids);
  /// Whether the latest minutes, by which findings are judged, are known.
  [[nodiscard]] bool is_judged(const Looked &looked, const domain::Report &report) const;
  /// The findings that hold now, of the servers that were asked for. `report` is of everything
  /// since the start.
  [[nodiscard]] std::vector<domain::Finding> findings_of(Looked looked,
                                                         const domain::Report &report) const;
  /// Everything since the start that is over, of what is watched now.
  [[nodiscard]] domain::Report totals_of(domain::ClockAnchor now,
                                         const std::vector<std::uint32_t> &masters);

  /// Hands over everything that happened until now.
  [[nodiscard]] Result<Watched> refreshed(const std::vector<std::uint32_t> &tgids);

  void collect(const std::stop_token &stop);
  /// Looks closer at memory by itself, as configured.
  void escalate(const EscalationConfig &config, const std::stop_token &stop);
  /// On the collecting thread, with its loop; its error, or why the thread is no more.
  [[nodiscard]] Result<>
  on_collecting_thread(const std::function<Result<>(CollectingLoop &)> &work);
  /// What the variables of the watched modules hold, to the evidence.
  void tell_globals(const std::vector<domain::GlobalsLook> &looks);
  [[nodiscard]] domain::Report with_findings(domain::Report report) const;

  Clock clock_;
  diagnose::Thresholds thresholds_;
  domain::RouteTable routes_;
  ObservationFeed feed_;
  RecentEvidence recent_; // used by the collecting thread alone
  WorkQueue work_;
  std::unique_ptr<CollectingLoop> loop_; // used by the collecting thread alone while that runs
  std::atomic<domain::MonotonicTime> came_round_; // the collecting thread, for the last time
  std::atomic<bool> collecting_ended_ = false;
  std::mutex heap_mutex_; // held while a census is being taken for somebody
  mutable std::mutex failure_mutex_;
  std::optional<Error> failure_;
  std::jthread collecting_;
  std::jthread escalating_; // ends before the collecting thread, which it asks
};

} // namespace linger::app
