// What is wrong now, as far as the latest whole window shows.

#pragma once

#include "serve/agent_view.h"

#include <mutex>
#include <thread>
#include <vector>

namespace linger::serve {

/// Observes one window after the other, each `window` long, on a thread of its own. Thread-safe.
class LatestFindings {
public:
  LatestFindings(AgentView &agent, domain::Nanos window);

  /// Of the latest window that is over; nothing before the first one is.
  [[nodiscard]] std::vector<domain::Finding> now() const;

private:
  void watch(const std::stop_token &stop);

  AgentView &agent_;
  domain::Nanos window_;
  mutable std::mutex mutex_;
  std::vector<domain::Finding> findings_;
  std::jthread watching_; // last: it uses the others
};

} // namespace linger::serve
