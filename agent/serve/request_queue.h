// Between the collecting thread and one subscriber.

#pragma once

#include "serve/agent_view.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

namespace linger::serve {

/// Holds at most `capacity` requests and counts those for which there was no room: pushed =
/// taken + skipped + still held. Pushing never waits for the taker. Thread-safe.
class RequestQueue {
public:
  struct Batch {
    std::vector<SeenRequest> requests;
    /// How many were left out after the last of `requests`, before whatever is taken next.
    std::uint64_t skipped = 0;
    /// The cursor of the last one of these.
    std::uint64_t skipped_until = 0;
  };

  explicit RequestQueue(std::size_t capacity) : capacity_(capacity) {}

  void push(const SeenRequest &request);

  /// Everything held now; waits up to `patience` for something to be there. Empty when nothing
  /// came.
  [[nodiscard]] Batch take(std::chrono::milliseconds patience);

private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable filled_;
  Batch held_;
};

} // namespace linger::serve
