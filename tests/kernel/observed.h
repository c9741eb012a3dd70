// The real collector, with what it observed kept for a test to look at.

#pragma once

#include "collect/worker_collector.h"

#include <functional>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace linger {

/// Watches every process that the test starts from then on: the test itself plays the master.
class Observed {
public:
  /// nullptr when this user may not load probes: tests end with OBSERVE_OR_SKIP.
  static std::unique_ptr<Observed> start(const collect::CollectorOptions &options,
                                         const std::string &listen);

  /// Polls until `enough` holds, for at most 10 s; whether it held.
  bool wait_until(const std::function<bool()> &enough);
  bool wait_for_requests(std::size_t count);

  template <typename Kind>
  [[nodiscard]] std::vector<Kind> all_of() const
  {
    std::vector<Kind> found;
    for (const domain::Observation &observation : all) {
      if (const auto *one = std::get_if<Kind>(&observation))
        found.push_back(*one);
    }
    return found;
  }
  /// Requests in their final form, in the order in which they ended.
  [[nodiscard]] std::vector<domain::Request> requests() const;

  std::vector<domain::Observation> all;
  std::optional<collect::WorkerCollector> collector;
};

} // namespace linger

#define OBSERVE_OR_SKIP(name, options, listen)                                                     \
  const auto name = Observed::start(options, listen);                                              \
  if (!name)                                                                                       \
  GTEST_SKIP() << "needs CAP_BPF and CAP_PERFMON"
