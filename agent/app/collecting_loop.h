// What the collecting thread does, turn by turn.

#pragma once

#include "app/host.h"
#include "app/look_turns.h"
#include "app/observation_feed.h"

#include <map>
#include <set>
#include <vector>

namespace linger::app {

/// Finds servers, watches them, and feeds what the host observes and what is sampled. Not
/// thread-safe: all calls on one thread at a time. Logs what comes and goes through spdlog.
class CollectingLoop {
public:
  static constexpr std::chrono::milliseconds poll_timeout{ 100 };
  static constexpr std::chrono::milliseconds look_timeout{ 25 }; // while memory is looked at
  static constexpr std::chrono::milliseconds look_delay{ 100 };  // after a process came or went
  static constexpr std::chrono::seconds look_interval{ 2 };
  /// After a look the next one waits for so many times as long as it took: looks are dear on a node
  /// full of processes, and where workers come and go all the time there is always a reason for
  /// one.
  static constexpr int look_rest_factor = 19;
  static constexpr std::chrono::seconds most_look_rest{ 10 };
  static constexpr std::chrono::seconds sample_interval{ 1 };

  /// Attaches the probes and watches every server found, or with `only` just the servers that those
  /// processes belong to; fails when one of them is no server or cannot be watched.
  [[nodiscard]] static Result<std::unique_ptr<CollectingLoop>>
  open(const Config &config, const HostOpener &open_host, ObservationFeed &feed, Clock clock,
       const std::vector<std::uint32_t> &only);

  /// Waits at most poll_timeout for observations, then does what is due. An error is the end.
  [[nodiscard]] Result<> turn();

  /// Hands over everything that happened until now, and how things stand.
  [[nodiscard]] Result<> refresh();

  /// The masters of these processes; not_found for one that belongs to no watched server.
  [[nodiscard]] Result<std::vector<std::uint32_t>>
  masters_of(const std::vector<std::uint32_t> &tgids);

  /// See Host.
  [[nodiscard]] Result<> trace_allocations(const std::vector<std::uint32_t> &tgids,
                                           const domain::AllocationQuery &query,
                                           domain::Nanos window)
  {
    return host_->trace_allocations(tgids, query, window);
  }
  void end_trace() { host_->end_trace(); }

  [[nodiscard]] const std::vector<domain::Server> &servers() const { return servers_; }

private:
  CollectingLoop(ObservationFeed &feed, Clock clock);

  [[nodiscard]] Result<> choose(const std::vector<std::uint32_t> &only);
  void observed(const domain::Observation &observation);
  void look_for_servers();
  /// The servers found, and those that were missed for the first time: /proc may show a process
  /// half-way through a change.
  [[nodiscard]] std::vector<domain::Server> found_or_missed_once();
  void watch(const domain::Server &server);
  void announce_servers();
  void sample();
  void sample_cpu_limits(domain::CoverageSample &coverage);
  void look_at_memory();
  void log_losses(const domain::CoverageSample &coverage);
  [[nodiscard]] const domain::Server *known(std::uint32_t tgid) const;

  ObservationFeed &feed_;
  Clock clock_;
  std::unique_ptr<Host> host_;
  std::set<std::uint32_t> only_masters_; // empty: every server
  std::vector<domain::Server> servers_;  // by master_tgid
  std::set<std::uint32_t> missed_masters_;
  std::map<std::uint32_t, Error> watch_failures_; // by master_tgid
  LookTurns look_turns_;
  std::map<std::uint32_t, std::string> look_gaps_; // by tgid
  domain::MonotonicTime next_look_;
  domain::MonotonicTime rests_until_; // from looking for servers
  domain::MonotonicTime next_sample_;
  std::uint64_t logged_records_lost_ = 0;
  domain::MonotonicTime next_loss_log_;
};

} // namespace linger::app
