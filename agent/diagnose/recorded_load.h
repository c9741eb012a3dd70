// A recorded load as the simulation replays it.

#pragma once

#include "diagnose/simulation.h"
#include "domain/load_sample.h"
#include "domain/what_if.h"

#include <optional>
#include <vector>

namespace linger::diagnose {

struct RecordedLoad {
  /// The latest 1,024 requests; the clients of a closed load are told from all.
  Load load;
  /// How these fared.
  domain::Performance measured;
  /// What a thread did between one request and the next that waited for it already, median.
  domain::Nanos between{};
  /// Requests of each worker.
  std::vector<double> shares;
};

/// Nothing where there are fewer than `min_requests`, or where they all ended at once.
///
/// Whether the load is a closed one shows in how many requests are in the server, waiting or
/// served: with a fixed number of clients that number hardly changes, while requests that come on
/// their own make it vary as much as its mean is large, or more. So it is taken for a closed one
/// where requests wait (one or more at any time) and the variance is less than half of the mean.
/// With N clients who are in the server with probability p, the mean is Np and the variance
/// Np(1 - p): that gives N, and what is left of their time is the pause between two requests.
[[nodiscard]] std::optional<RecordedLoad> recorded_load(std::vector<domain::LoadRequest> requests,
                                                        std::size_t min_requests);

} // namespace linger::diagnose
