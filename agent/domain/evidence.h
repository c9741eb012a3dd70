// Everything a report is made of, gathered from observations.

#pragma once

#include "domain/observation.h"
#include "domain/profile.h"
#include "domain/report.h"
#include "domain/route.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace linger::domain {

/// A whole request at the moment at which it is counted for its endpoint. Valid during the call.
struct CountedRequest {
  std::uint32_t server = 0;
  /// Those of its endpoint, which may be "(other)".
  std::string_view method;
  std::string_view route;
  /// Since the window began; zero for a request that began before it.
  Nanos offset{};
  const Request *request = nullptr;
};
using RequestSink = std::function<void(const CountedRequest &)>;

/// Takes observations in the order in which they were made and answers with a report at any time.
/// The same observations give the same report. Memory is bounded by the number of endpoints
/// (at most `max_endpoints` a server, the rest is counted under the route "(other)"), workers and
/// threads, not by the number of requests: of each server the latest are kept (load_sample.h). Not
/// thread-safe.
class Evidence {
public:
  static constexpr std::size_t max_endpoints = 2000;

  /// `profiled`: time is kept by worker too, at the price of memory, so that profile() knows it.
  explicit Evidence(RouteTable routes, bool profiled = false);
  ~Evidence();
  Evidence(Evidence &&) noexcept;
  Evidence &operator=(Evidence &&) noexcept;

  void add(const Observation &observation);

  /// Every request that is counted from now on is passed to `sink` too, once.
  void tell_requests(RequestSink sink);
  /// Nothing more will come: requests whose response may not have ended stand as they are, and the
  /// sink gets them. Take the report before: it tells what is open now.
  void finish();

  /// Whether a request whose response may not have ended yet is included as it stands.
  enum class OpenRequests { included, left_out };

  /// The report without findings (diagnose/ adds them). The window runs from the first WindowMark
  /// to the latest one. With open requests left out, no sum of an endpoint ever falls.
  [[nodiscard]] Report report(OpenRequests open = OpenRequests::included) const;

  /// Of the same window. Of time it holds nothing unless `profiled` was asked for, of allocations
  /// nothing unless they were traced.
  [[nodiscard]] Profile profile(ProfileKind kind) const;
  [[nodiscard]] bool traced_allocations() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

} // namespace linger::domain
