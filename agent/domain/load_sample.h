// The latest requests of one server as they came and were served: what a load is replayed from.

#pragma once

#include "domain/observation.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace linger::domain {

/// One request that a thread served from its first byte to its last.
struct LoadRequest {
  std::uint32_t tgid = 0;
  std::uint32_t tid = 0;
  MonotonicTime arrival;
  /// From its arrival until a thread took it up: the kernel's backlog and the worker's own queue.
  Nanos queued{};
  MonotonicTime end;
  Nanos on_cpu{};
  Nanos run_queue{};
  /// Waiting for the interpreter's lock, and for other locks of the process.
  Nanos gil{};
  Nanos lock{};
  /// Everything else that it waited for.
  Nanos waited{};
  /// Round trips to databases, caches and other services; 65,535 at most.
  std::uint16_t calls = 0;

  /// When a thread took it up.
  [[nodiscard]] MonotonicTime begin() const { return arrival + queued; }
  [[nodiscard]] Nanos wall() const { return end - arrival; }
  /// How long it kept its thread.
  [[nodiscard]] Nanos service() const { return wall() - queued; }

  bool operator==(const LoadRequest &) const = default;
};

/// Keeps the latest `max_requests`, whatever the length of the window. Not thread-safe.
class LoadSample {
public:
  /// As many as are replayed: of 80 bytes each, for each of a node's servers, in each window.
  static constexpr std::size_t max_requests = 1024;

  /// Those of an event loop, whose requests share a thread, are not kept.
  void add(const Request &request);

  /// In the order in which they ended, as far as that is known.
  [[nodiscard]] std::vector<LoadRequest> requests() const
  {
    return { requests_.begin(), requests_.end() };
  }

private:
  std::deque<LoadRequest> requests_;
};

} // namespace linger::domain
