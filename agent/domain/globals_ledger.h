// Whose requests were there when a variable of a module changed.

#pragma once

#include "domain/globals.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace linger::domain {

/// The looks at one worker's variables, joined with the requests that were served meanwhile.
/// Requests are told when they have ended: of one that ends after a look, all looks since it began
/// are told. Memory is bounded by looks and variables. Not thread-safe.
class WorkerGlobals {
public:
  /// Over three minutes of ten looks a second; of more, the latest.
  static constexpr std::size_t most_looks = 2048;
  /// Requests that ended since the latest look began.
  static constexpr std::size_t most_requests = 10'000;
  /// Nobody looks any more, and requests are not kept for a next look: a tenth of a second is the
  /// rule.
  static constexpr std::chrono::seconds looks_over{ 60 };

  void add_request(const TimeWindow &busy, std::uint32_t endpoint);
  void add_look(const GlobalsLook &look);

  /// Endpoints by the name under their number.
  [[nodiscard]] GlobalsReport report(const std::vector<std::string> &endpoints) const;

private:
  struct Look {
    GlobalsLook seen;
    std::set<std::uint32_t> endpoints;
  };
  struct RecentRequest {
    TimeWindow busy;
    std::uint32_t endpoint = 0;
  };

  std::deque<Look> looks_;
  std::deque<RecentRequest> requests_; // which may belong to the next look too
  std::string gap_;
  std::uint64_t left_out_ = 0;
};

/// Of all workers of a server. Not thread-safe.
class GlobalsLedger {
public:
  void add_request(std::uint32_t worker, const TimeWindow &busy, std::uint32_t endpoint)
  {
    // Nobody looks at most workers.
    if (const auto known = workers_.find(worker); known != workers_.end())
      known->second.add_request(busy, endpoint);
  }
  void add_look(const GlobalsLook &look) { workers_[look.tgid].add_look(look); }
  void forget(std::uint32_t worker) { workers_.erase(worker); }

  /// By worker.
  [[nodiscard]] std::map<std::uint32_t, GlobalsReport>
  report(const std::vector<std::string> &endpoints) const;

private:
  std::map<std::uint32_t, WorkerGlobals> workers_;
};

} // namespace linger::domain
