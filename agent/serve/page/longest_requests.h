// The requests that are worth drawing.

#pragma once

#include "serve/agent_view.h"

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace linger::serve {

/// Of all requests that were added since the last take(), the longest, and how many there were
/// besides. Thread-safe.
class LongestRequests {
public:
  struct Taken {
    /// By start.
    std::vector<SeenRequest> requests;
    std::uint64_t skipped = 0;
  };

  explicit LongestRequests(std::size_t capacity) : capacity_(capacity) {}

  void add(const SeenRequest &request);
  [[nodiscard]] Taken take();

private:
  const std::size_t capacity_;
  std::mutex mutex_;
  Taken held_; // its requests are a heap, the shortest first
};

} // namespace linger::serve
