// Requests that took long, each with what it waited on: for those who draw traces.

#pragma once

#include "domain/observation.h"
#include "domain/route.h"
#include "domain/server.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace linger::domain {

struct SlowRequest {
  Request request;
  std::string route;
  /// Without its workers; master_tgid is 0 where no server claims the process.
  Server server;
  /// In the order in which they ended. Not the looks at threads that ran.
  std::vector<Wait> waits;
  /// For which there was no room.
  std::uint64_t waits_left_out = 0;
};

/// Takes observations in the order in which they were made. A request whose record may still be
/// replaced is told once its successor on the thread, five seconds without another record, or the
/// end of its process shows that it stands; one whose response says that it goes on is waited for.
/// Memory is bounded. Not thread-safe.
class SlowRequests {
public:
  static constexpr std::size_t max_waits = 64;     // of one request
  static constexpr std::size_t max_waiting = 8192; // requests that are not over
  static constexpr std::size_t max_unclaimed = 256;
  static constexpr Nanos settle_after = std::chrono::seconds{ 5 };

  /// `tell` gets each request that took at least `least` and is one of HTTP, once.
  SlowRequests(RouteTable routes, Nanos least, std::function<void(SlowRequest)> tell);

  void add(const Observation &observation);

private:
  // Thread and sequence: unique, as sequences go on where a tid is used again.
  using Key = std::pair<std::uint32_t, std::uint64_t>;
  struct Waits {
    std::vector<Wait> waits;
    std::uint64_t left_out = 0;
  };
  struct Held {
    Request request;
    bool told = false;
  };

  void add_request(const Request &request);
  void add_wait(const Wait &wait);
  void add_servers(const ServersSeen &seen);
  void end_process(std::uint32_t tgid);
  void settle(MonotonicTime now);
  void forget_before(const Key &key);
  void end(const Request &request);
  void tell(SlowRequest slow);

  RouteTable routes_;
  Nanos least_;
  std::function<void(SlowRequest)> tell_;
  std::map<Key, Waits> waits_;
  std::map<Key, Held> held_;
  std::map<std::uint32_t, Server> servers_; // by their processes, without workers
  std::vector<SlowRequest> unclaimed_;      // of a process that is too young to be known
};

} // namespace linger::domain
