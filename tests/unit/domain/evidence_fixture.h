#pragma once

#include "domain/evidence.h"
#include "unit/domain/observations.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace linger::domain::test {

/// A window that opened at 0 with both workers known; report() closes it at 1 s.
class EvidenceFixture : public testing::Test {
protected:
  EvidenceFixture()
  {
    evidence.add(mark(0ms));
    evidence.add(seen(0ms, { worker, other_worker }));
  }

  Report report()
  {
    evidence.add(mark(1s));
    return evidence.report();
  }

  static const WorkerReport &worker_in(const Report &report, std::uint32_t tgid)
  {
    const auto &workers = report.servers.at(0).workers;
    return *std::ranges::find(workers, tgid, &WorkerReport::tgid);
  }

  static std::uint64_t requests_in(const Report &report)
  {
    std::uint64_t requests = 0;
    for (const EndpointReport &endpoint : report.endpoints)
      requests += endpoint.requests;
    return requests;
  }

  Evidence evidence{ RouteTable{} };
};

} // namespace linger::domain::test
