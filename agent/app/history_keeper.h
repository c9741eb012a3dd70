// Keeps the history of this host, minute by minute.

#pragma once

#include "app/agent.h"
#include "app/config.h"
#include "serve/history/history.h"

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>

namespace linger::app {

/// Two threads from start() to destruction: one waits on the agent, one judges and writes. Logs
/// when a minute cannot be written, once until one can.
class HistoryKeeper {
public:
  static constexpr std::size_t most_waiting = 4; // minutes for the one that writes

  /// Nothing where the configuration wants none. Where the file cannot be had, says so in the log
  /// and gives nothing: an agent without a history is better than none. `agent` must outlive it.
  [[nodiscard]] static std::unique_ptr<HistoryKeeper> start(const Config &config, Agent &agent);

  /// Writes what it has, the minute that is not over too.
  ~HistoryKeeper();
  HistoryKeeper(const HistoryKeeper &) = delete;
  HistoryKeeper &operator=(const HistoryKeeper &) = delete;

  [[nodiscard]] serve::History &history() { return history_; }

private:
  HistoryKeeper(const Config &config, Agent &agent, serve::HistoryStore store);

  void gather(const std::stop_token &stop);
  void write(const std::stop_token &stop);
  void write_one(domain::Evidence evidence);
  void offer(domain::Evidence evidence);

  const Config &config_;
  Agent &agent_;
  serve::History history_;
  bool failing_ = false;
  std::mutex mutex_;
  std::condition_variable_any filled_;
  std::deque<domain::Evidence> waiting_;
  std::jthread writing_;
  std::jthread gathering_;
};

} // namespace linger::app
