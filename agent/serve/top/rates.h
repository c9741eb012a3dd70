// What happened between two reports on everything since the start.

#pragma once

#include "linger/v1/report.pb.h"

#include <cstdint>
#include <string>
#include <vector>

namespace linger::serve {

/// An endpoint's requests that ended in between, or a server's all together.
struct Rate {
  std::uint32_t server = 0; // master_tgid
  std::string name;         // "GET /report/{}"; of a server, its application
  std::uint64_t requests = 0;
  std::uint64_t errors = 0;
  v1::CauseTimes times;                  // summed
  double retained_bytes_per_request = 0; // since the start

  /// Mean of a request; 0 without one.
  [[nodiscard]] std::uint64_t mean_ns() const
  {
    return requests == 0 ? 0 : times.wall_ns() / requests;
  }
};

struct Rates {
  double seconds = 0;
  /// Those that had a request in between; the most time first.
  std::vector<Rate> endpoints;
  /// By master_tgid, each server of the later report.
  std::vector<Rate> servers;
};

/// `earlier` may be empty: then everything counts. An agent that has started anew in between, whose
/// sums are smaller, counts likewise.
[[nodiscard]] Rates rates_between(const v1::Report &earlier, const v1::Report &later);

} // namespace linger::serve
