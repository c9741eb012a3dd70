// Between the collecting thread and the one that sends.

#pragma once

#include "domain/slow_requests.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

namespace linger::serve {

/// Holds at most `capacity` requests: the oldest makes room, and is counted. Pushing never waits
/// for the taker. Thread-safe.
class RequestBuffer {
public:
  static constexpr std::size_t capacity = 2048;

  void push(domain::SlowRequest request);
  /// The oldest, as many as make up `most_spans` or fewer, one at least where there is one.
  [[nodiscard]] std::vector<domain::SlowRequest> take(std::size_t most_spans);
  /// How many made room.
  [[nodiscard]] std::uint64_t dropped() const;

private:
  mutable std::mutex mutex_;
  std::deque<domain::SlowRequest> requests_;
  std::uint64_t dropped_ = 0;
};

} // namespace linger::serve
