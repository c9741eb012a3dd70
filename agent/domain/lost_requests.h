// What a worker was serving when it ended.

#pragma once

#include "domain/route.h"
#include "domain/thread_requests.h"
#include "domain/worker_end.h"

#include <string>
#include <vector>

namespace linger::domain {

/// Remembers a worker's latest requests without a response. Its end tells which of them it was that
/// took them along: those that a thread died with, and those that ended with it, as an exception
/// that ends the process closes their connections first. Memory is bounded. Not thread-safe.
class LostRequests {
public:
  /// So long before the process one of its requests may end and count as lost with it.
  static constexpr Nanos last_moments = std::chrono::seconds{ 2 };

  void add(const WholeRequest &whole);

  /// The longest first.
  [[nodiscard]] std::vector<LostRequest> at_end(MonotonicTime end, const RouteTable &routes) const;

private:
  struct Candidate {
    LostRequest request;
    std::string method;
    std::string path;
    MonotonicTime end;
    bool thread_died = false;
  };
  std::vector<Candidate> candidates_; // the latest is the last
};

} // namespace linger::domain
