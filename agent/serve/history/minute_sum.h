// Minutes of the history, added up to one report. docs/design/history.md says what is added how.

#pragma once

#include "domain/quantile_sketch.h"
#include "linger/history/v1/minute.pb.h"
#include "linger/v1/report.pb.h"
#include "serve/history/finding_sum.h"

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

namespace linger::serve {

/// Takes minutes in the order of their time. Not thread-safe.
class MinuteSum {
public:
  void add(const history::v1::Minute &minute);

  [[nodiscard]] std::size_t minutes() const { return minutes_; }

  /// Of the servers that these masters or workers are of, in any of the minutes; of all where none
  /// is named. Nothing may be added after it.
  [[nodiscard]] v1::Report report(const std::vector<std::uint32_t> &tgids = {});

private:
  using EndpointKey = std::tuple<std::uint32_t, std::string, std::string>;
  struct EndpointSum {
    v1::Endpoint endpoint;
    domain::QuantileSketch wall;
  };

  void add_servers(const v1::Report &report);
  void add_coverage(const v1::Coverage &coverage);

  std::size_t minutes_ = 0;
  v1::Report sum_; // without endpoints and findings
  std::map<EndpointKey, EndpointSum> endpoints_;
  std::map<std::string, std::size_t> gaps_; // in how many minutes
  FindingSum findings_;
};

} // namespace linger::serve
