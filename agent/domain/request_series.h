// The requests of an endpoint one by one, in the order of time: what a comparison needs beyond
// sums.

#pragma once

#include "domain/cause.h"
#include "domain/evidence.h"
#include "domain/time.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace linger::domain {

/// Requests by the second of the window in which they began. 16 bytes a request, and some 150 for
/// each second in which there were any.
struct RequestSeries {
  static constexpr Nanos slice_length = std::chrono::seconds{ 1 };

  struct Slice {
    std::uint64_t requests = 0;
    /// As in EndpointReport.
    std::uint64_t errors = 0;
    CauseTimes times;
  };
  struct Sample {
    std::uint32_t slice = 0;
    Nanos wall{};
  };

  /// By second; ends with the last in which a request began.
  std::vector<Slice> slices;
  std::vector<Sample> samples;

  void add(Nanos offset, const Request &request);
  void merge(const RequestSeries &other);

  [[nodiscard]] std::uint64_t requests() const { return samples.size(); }
  [[nodiscard]] std::uint64_t errors() const;
};

struct EndpointKey {
  std::uint32_t server = 0;
  std::string method;
  std::string route;

  auto operator<=>(const EndpointKey &) const = default;
};
using SeriesByEndpoint = std::map<EndpointKey, RequestSeries>;

/// A sink that adds each request to the series of its endpoint in `series`, which must outlive it.
/// Requests that are no HTTP have none.
[[nodiscard]] RequestSink series_sink(SeriesByEndpoint &series);

} // namespace linger::domain
