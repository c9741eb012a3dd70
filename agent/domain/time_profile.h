// The time of one server's requests by endpoint and worker.

#pragma once

#include "domain/profile.h"
#include "domain/site_table.h"
#include "domain/thread_requests.h"

#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace linger::domain {

/// Time is conserved: for each endpoint and worker the samples of one cause add up to what its
/// requests spent on that cause, because what no site tells has a sample of its own. (Lines on the
/// CPU are estimates: where they claim more than was measured, they are cut down to it together.)
///
/// Of more than `max_places` pairs of endpoint and worker, further ones are summed under their
/// endpoint and the worker 0. Not thread-safe.
class TimeProfile {
public:
  static constexpr std::size_t max_places = 16384;
  static constexpr std::size_t max_sites = 256;

  void add(const WholeRequest &whole, std::uint32_t endpoint);

  /// A sample and the endpoint that it belongs to; `endpoint` and `server` of the sample are left
  /// to the caller. `kind` is blocked or on_cpu.
  using Sample = std::pair<std::uint32_t, ProfileSample>;
  [[nodiscard]] std::vector<Sample> samples(ProfileKind kind) const;

private:
  struct Place {
    CauseTimes times;
    SiteTable sites{ max_sites };
  };
  using Key = std::pair<std::uint32_t, std::uint32_t>; // endpoint, worker

  std::map<Key, Place> places_;
};

} // namespace linger::domain
