// The requests of one server, summed by endpoint.

#pragma once

#include "domain/allocation_ledger.h"
#include "domain/exemplar.h"
#include "domain/failure_table.h"
#include "domain/globals_ledger.h"
#include "domain/growth.h"
#include "domain/look_growth.h"
#include "domain/observation.h"
#include "domain/report.h"
#include "domain/route.h"
#include "domain/thread_requests.h"
#include "domain/time_profile.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace linger::domain {

/// Sums over the requests of one method and route. Not thread-safe.
class EndpointAggregate {
public:
  static constexpr std::size_t max_reported_sites = 16;
  static constexpr std::size_t max_sites = 256;

  EndpointAggregate(std::string method, std::string route)
      : method_(std::move(method)), route_(std::move(route))
  {
  }

  void add(const WholeRequest &whole);

  [[nodiscard]] const std::string &method() const { return method_; }
  [[nodiscard]] const std::string &route() const { return route_; }

  /// What is known of the memory that its requests keep; null where it could not be estimated.
  struct Kept {
    const GrowthEstimate *growth = nullptr;
    const GrowthEstimate *small_objects = nullptr;
    const RetainedEstimate *allocations = nullptr;
  };
  /// Without any the tier is none, and what was kept is 0 (page faults are counted all the same).
  /// Traced allocations are believed, with the small objects that they do not see, unless growth
  /// shows that much more was kept than both.
  [[nodiscard]] EndpointReport report(std::uint32_t server, const Kept &kept) const;

private:
  std::string method_;
  std::string route_;
  std::uint64_t requests_ = 0;
  std::uint64_t errors_ = 0;
  FailureTable failures_;
  QuantileSketch wall_ns_;
  Exemplars exemplars_;
  QuantileSketch accept_queue_ns_;
  CauseTimes times_;
  Nanos throttled_{};
  Calls calls_;
  Calls opened_;
  std::uint64_t open_transactions_ = 0;
  std::uint64_t local_clients_ = 0;
  SiteTable sites_{ max_sites };
  std::uint64_t faults_ = 0;
};

/// All endpoints of one server, at most `max_endpoints`: requests of further ones are counted under
/// the method "*" and the route "(other)". Requests that are no HTTP have the method "-" and the
/// route
/// "(malformed)"; these two always have room. Not thread-safe.
class EndpointTable {
public:
  static constexpr const char *other_method = "*";
  static constexpr const char *other_route = "(other)";

  /// `profiled`: time is kept by worker too, so that a profile of it can be made.
  EndpointTable(std::size_t max_endpoints, bool profiled) : max_endpoints_(max_endpoints)
  {
    if (profiled)
      time_profile_.emplace();
  }

  /// Returns the endpoint that it was counted for, valid until the next call.
  const EndpointAggregate &add(const WholeRequest &whole, const RouteTable &routes);

  void add(const AllocationsSeen &seen) { allocations_.add(seen); }
  void add(const MemoryLook &look)
  {
    anonymous_.add_look(look.tgid, look.window, look.anonymous_bytes);
    if (look.small_object_bytes != 0)
      small_objects_.add_look(look.tgid, look.window, look.small_object_bytes);
  }

  void add(const GlobalsLook &look) { globals_.add_look(look); }

  /// The worker is gone, and another may get its number.
  void forget(std::uint32_t worker)
  {
    growth_.forget(worker);
    anonymous_.forget(worker);
    small_objects_.forget(worker);
    allocations_.forget(worker);
    globals_.forget(worker);
  }

  [[nodiscard]] const AllocationLedger &allocations() const { return allocations_; }

  /// By worker; those that were not looked at are missing.
  [[nodiscard]] std::map<std::uint32_t, GlobalsReport> globals() const
  {
    return globals_.report(names());
  }

  [[nodiscard]] std::vector<EndpointReport> report(std::uint32_t server) const;

  /// Their values are those that values_of() names. Of time there are none unless it was profiled.
  [[nodiscard]] std::vector<ProfileSample> profile(std::uint32_t server, ProfileKind kind) const;

  /// Whether "(other)" was needed.
  [[nodiscard]] bool overflowed() const { return ids_.contains({ other_method, other_route }); }

private:
  /// Of the requests' own counts of pages and of those from time to time, whichever is surer.
  [[nodiscard]] std::map<std::uint32_t, GrowthEstimate> growth() const;
  /// "GET /report/{}", by id.
  [[nodiscard]] std::vector<std::string> names() const;
  [[nodiscard]] std::uint32_t id_of(const Request &request, const RouteTable &routes);

  std::size_t max_endpoints_;
  std::map<std::pair<std::string, std::string>, std::uint32_t> ids_;
  std::vector<EndpointAggregate> endpoints_; // by id
  Growth growth_;
  LookGrowth anonymous_{ 16 };    // a request may hold megabytes while it runs
  LookGrowth small_objects_{ 2 }; // but seldom in small objects
  AllocationLedger allocations_;
  GlobalsLedger globals_;
  std::optional<TimeProfile> time_profile_;
};

/// When a thread took the request until its last byte: without the time in the kernel's backlog and
/// behind other requests, in which the worker was not busy with it.
[[nodiscard]] TimeWindow busy_window(const Request &request);

/// No HTTP request at all.
[[nodiscard]] bool is_malformed(const Request &request);

} // namespace linger::domain
