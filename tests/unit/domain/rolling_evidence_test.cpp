#include "domain/rolling_evidence.h"

#include "unit/domain/observations.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using namespace test;

class RollingEvidenceTest : public testing::Test {
protected:
  void add(const Observation &observation)
  {
    rolling.add(observation, [this] { return mark(now).clock; });
  }
  /// What the collecting thread does once a second.
  void sample(Nanos time, std::uint64_t lost = 0)
  {
    now = time;
    add(MemorySample{ .time = at(time), .tgid = worker, .anonymous_bytes = 4096 });
    add(CoverageSample{ .time = at(time), .requests_lost = lost, .records_lost = lost });
  }

  static std::uint64_t requests_in(const Report &report)
  {
    std::uint64_t requests = 0;
    for (const EndpointReport &endpoint : report.endpoints)
      requests += endpoint.requests;
    return requests;
  }

  Nanos now{};
  std::vector<Report> reports;
  RollingEvidence rolling{ RouteTable{}, 10s, [this](const Evidence &evidence) {
                            reports.push_back(evidence.report());
                          } };
};

TEST_F(RollingEvidenceTest, CountsEachRequestInOneSpan)
{
  add(mark(0s));
  add(seen(0s, { worker }));
  std::uint64_t sequence = 0;
  for (int second = 1; second <= 35; ++second) {
    for (int i = 0; i < 3; ++i, ++sequence)
      add(request(sequence, second * 1s - 10ms, second * 1s - 5ms));
    sample(second * 1s);
  }
  rolling.finish(mark(35s).clock);

  ASSERT_EQ(reports.size(), 4U);
  std::uint64_t requests = 0;
  for (const Report &report : reports)
    requests += requests_in(report);
  EXPECT_EQ(requests, 35U * 3);
  for (std::size_t i = 1; i < reports.size(); ++i)
    EXPECT_EQ(reports[i].window.begin, reports[i - 1].window.end);
}

TEST_F(RollingEvidenceTest, BeginsEachSpanWithWhatIsKnown)
{
  add(mark(0s));
  add(seen(0s, { worker }));
  sample(1s, 5);
  sample(11s, 7);
  add(request(1, 12s, 12s + 5ms));
  sample(22s, 7);

  ASSERT_EQ(reports.size(), 2U);
  const Report &second = reports[1];
  ASSERT_EQ(second.servers.size(), 1U);
  EXPECT_EQ(second.servers[0].workers.at(0).memory.anonymous_bytes, 4096U);
  EXPECT_EQ(second.endpoints.at(0).server, master);
  EXPECT_EQ(second.coverage.records_lost, 0U) << "what was lost before is not lost again";
}

TEST_F(RollingEvidenceTest, HasNothingWithoutABegin)
{
  sample(1s);
  rolling.finish(mark(2s).clock);

  EXPECT_TRUE(reports.empty());
}

} // namespace
} // namespace linger::domain
