// One thread's requests, each told once it is whole.

#pragma once

#include "domain/observation.h"
#include "domain/request_lane.h"
#include "domain/site_table.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

namespace linger::domain {

/// A request whose record will not be replaced any more, with the waits that happened in it.
struct WholeRequest {
  static constexpr std::size_t max_sites = 64;

  Request request;
  SiteTable waits{ max_sites };
};

/// Holds back a record that may still be replaced (`ended` is false) until its successor on the
/// thread (of an interleaved one: on its connection) shows that it stands, and the waits that come
/// before the record of their request. Memory is bounded: of more than `max_connections` with
/// interleaved requests, the one whose last request is the oldest is forgotten. Not thread-safe.
class ThreadRequests {
public:
  static constexpr std::size_t max_connections = 1024;

  /// Returns the requests that are whole now, the earlier first. A record of a request that was
  /// already told is ignored, unless the kernel gave the tid to a new thread.
  [[nodiscard]] std::vector<WholeRequest> add(const Request &request);
  void add(const Wait &wait);

  /// The thread is gone: what was held back stands as it is.
  [[nodiscard]] std::vector<WholeRequest> finish();

  /// Whether a record of this request has been seen, and whether it has been told.
  [[nodiscard]] bool recorded(std::uint64_t sequence) const;
  [[nodiscard]] bool told(std::uint64_t sequence) const;

  /// When the latest request ended; the epoch when there was none.
  [[nodiscard]] MonotonicTime last_end() const { return last_end_; }

private:
  // Waits of requests whose records were lost are forgotten when there are more requests that wait
  // for their record.
  static constexpr std::size_t max_waiting_requests = 4;
  static constexpr std::size_t max_interleaved_waiting_requests = 2048;

  void make_room(std::vector<Request> &whole);
  [[nodiscard]] std::vector<WholeRequest> with_waits(std::vector<Request> told);

  RequestLane lane_;
  std::map<std::uint64_t, RequestLane> connections_; // of interleaved requests
  MonotonicTime last_end_;
  std::map<std::uint64_t, SiteTable> waits_; // by sequence
};

} // namespace linger::domain
