// What each worker of a recording did over time, as a live page would have seen it.

#pragma once

#include "domain/evidence.h"
#include "domain/time.h"
#include "linger/v1/diagnostics.pb.h"
#include "linger/v1/report.pb.h"
#include "serve/page/longest_requests.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace linger::serve {

/// Divides the recording into at most `max_slices` parts of the same length and adds the time of
/// each request to those in which its worker was busy with it. Memory is bounded by the number of
/// workers. Not thread-safe.
class RecordedWorkers {
public:
  static constexpr std::size_t max_slices = 120;
  static constexpr std::size_t max_requests = 2000;

  void add(const domain::CountedRequest &counted);

  /// One at the end of each slice; of the workers, those whose sums are not as they were.
  [[nodiscard]] std::vector<v1::WatchWorkersResponse> moments(const v1::Report &report) const;
  /// The longest.
  [[nodiscard]] std::vector<v1::WatchRequestsResponse> requests(const v1::Report &report);

private:
  struct Slice {
    domain::CauseTimes times;
    std::uint64_t requests = 0; // that ended in it
  };
  struct Worker {
    std::uint32_t server = 0;
    std::vector<Slice> slices;
  };

  void make_room_for(domain::Nanos end);

  domain::Nanos slice_length_ = std::chrono::milliseconds{ 250 };
  std::map<std::uint32_t, Worker> workers_; // by tgid
  // Behind a pointer: it cannot be moved.
  std::unique_ptr<LongestRequests> longest_ = std::make_unique<LongestRequests>(max_requests);
};

} // namespace linger::serve
