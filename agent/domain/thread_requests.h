// One thread's requests, each told once it is whole.

#pragma once

#include "domain/observation.h"
#include "domain/site_table.h"

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace linger::domain {

/// A request whose record will not be replaced any more, with the waits that happened in it.
struct WholeRequest {
  static constexpr std::size_t max_sites = 64;

  Request request;
  SiteTable waits{ max_sites };
};

/// Holds back a record that may still be replaced (`ended` is false) until its successor shows that
/// it stands, and the waits that come before the record of their request. Not thread-safe.
class ThreadRequests {
public:
  /// Returns the requests that are whole now, the earlier first: none, one or two. A record of a
  /// request that was already told is ignored, unless the kernel gave the tid to a new thread.
  [[nodiscard]] std::vector<WholeRequest> add(const Request &request);
  void add(const Wait &wait);

  /// The thread is gone: what was held back stands as it is.
  [[nodiscard]] std::optional<WholeRequest> finish();

  /// Whether a record of this request has been seen, and whether it has been told.
  [[nodiscard]] bool recorded(std::uint64_t sequence) const;
  [[nodiscard]] bool told(std::uint64_t sequence) const;

  /// When the latest request ended; the epoch when there was none.
  [[nodiscard]] MonotonicTime last_end() const { return last_end_; }

private:
  // Waits of requests whose records were lost are forgotten when there are more.
  static constexpr std::size_t max_waiting_requests = 4;

  [[nodiscard]] WholeRequest tell(const Request &request);

  std::optional<Request> pending_;
  std::optional<std::uint64_t> told_;
  MonotonicTime told_begin_;
  MonotonicTime last_end_;
  std::map<std::uint64_t, SiteTable> waits_;
};

} // namespace linger::domain
