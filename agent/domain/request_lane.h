// Requests that come one after the other: those of a thread, or, where a thread serves many in
// turns, those of one of its connections.

#pragma once

#include "domain/observation.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace linger::domain {

/// Holds back a record that may still be replaced (`ended` is false) until its successor shows that
/// it stands. Not thread-safe.
class RequestLane {
public:
  /// Returns the requests that are whole now, the earlier first: none, one or two. A record of a
  /// request that was already told is ignored, unless the kernel gave the tid to a new thread.
  [[nodiscard]] std::vector<Request> add(const Request &request);

  /// Nothing more will come: what was held back stands as it is.
  [[nodiscard]] std::optional<Request> finish();

  /// Whether a record of this request has been seen, and whether it has been told.
  [[nodiscard]] bool recorded(std::uint64_t sequence) const;
  [[nodiscard]] bool told(std::uint64_t sequence) const;

  /// When the latest request ended; the epoch when there was none.
  [[nodiscard]] MonotonicTime last_end() const { return last_end_; }

private:
  [[nodiscard]] Request tell(Request request);

  std::optional<Request> pending_;
  std::optional<std::uint64_t> told_;
  MonotonicTime told_begin_;
  MonotonicTime last_end_;
};

} // namespace linger::domain
