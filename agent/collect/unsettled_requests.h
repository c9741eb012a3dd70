// Requests of which nobody knows whether they have ended.

#pragma once

#include "domain/observation.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace linger::collect {

/// Remembers each thread's latest request (of interleaved ones, each connection's) while its
/// response may go on: its length was not stated, and the thread waits for something that an idle
/// thread waits for too. When nothing more has come for `patience` it is taken to have ended; a
/// response that says of itself that it goes on is waited for longer. Not thread-safe.
class UnsettledRequests {
public:
  static constexpr domain::Nanos patience{ 1'000'000'000 };
  static constexpr domain::Nanos streaming_patience{ 60'000'000'000 };

  /// To be told of every request.
  void note(const domain::Request &request);

  /// The connection of a thread's request is closed: it is not waited for any longer than others.
  void note_closed(std::uint32_t tid, std::uint64_t sequence);

  /// Those whose patience has run out, as ended. They are forgotten.
  [[nodiscard]] std::vector<domain::Request> settle(domain::MonotonicTime now);

private:
  /// Thread and connection; the connection is 0 where the thread serves one request at a time.
  using Lane = std::pair<std::uint32_t, std::uint64_t>;

  std::map<Lane, domain::Request> by_lane_;
};

} // namespace linger::collect
