// What a report says of workers' connections to their peers, and of what limits their CPU time.

#include "unit/domain/evidence_fixture.h"

namespace linger::domain::test {
namespace {

PeerConnections connections(std::uint32_t open, std::uint64_t opened, std::uint64_t closed,
                            const std::string &address = "db")
{
  return { .peer = { .address = address },
           .open = open,
           .opened = opened,
           .closed = closed,
           .oldest_since = {},
           .transaction_since = {} };
}

OutgoingSample sample(Nanos time, std::vector<PeerConnections> peers, Nanos since = -1h)
{
  return {
    .time = at(time), .tgid = worker, .counted_since = at(since), .peers = std::move(peers)
  };
}

class EvidenceOfConnections : public EvidenceFixture {
protected:
  std::vector<PeerReport> peers() { return worker_in(report(), worker).connections; }
};

TEST_F(EvidenceOfConnections, CountsWhatWasOpenedInTheWindowOnly)
{
  evidence.add(sample(1ms, { connections(2, 100, 98) }));
  evidence.add(sample(900ms, { connections(3, 105, 102) }));

  const auto seen = peers();
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen.front().open, 3U);
  EXPECT_EQ(seen.front().opened, 5U);
  EXPECT_EQ(seen.front().closed, 4U);
}

TEST_F(EvidenceOfConnections, APeerThatWasNotThereAtFirstHadNothingBefore)
{
  evidence.add(sample(1ms, {}));
  evidence.add(sample(900ms, { connections(1, 3, 2) }));
  EXPECT_EQ(peers().at(0).opened, 3U);
}

TEST_F(EvidenceOfConnections, AWorkerThatCameInTheWindowHasAllItCounted)
{
  evidence.add(sample(500ms, { connections(1, 3, 2) }, 400ms));
  EXPECT_EQ(peers().at(0).opened, 3U);
  EXPECT_EQ(peers().at(0).closed, 2U);
}

TEST_F(EvidenceOfConnections, APeerOfThePastIsLeftOut)
{
  evidence.add(sample(1ms, { connections(0, 100, 100) }));
  evidence.add(sample(900ms, { connections(0, 100, 100) }));
  EXPECT_TRUE(peers().empty());
}

TEST_F(EvidenceOfConnections, TellsHowLongEachLookFoundOneIdleInATransaction)
{
  PeerConnections idle = connections(2, 0, 0);
  idle.idle_in_transaction = 1;
  evidence.add(sample(100ms, { connections(2, 0, 0) }));
  evidence.add(sample(200ms, { idle }));
  evidence.add(sample(600ms, { idle }));
  evidence.add(sample(700ms, { connections(2, 0, 0) }));
  evidence.add(sample(800ms, { idle }));
  evidence.add(sample(900ms, { idle }));

  EXPECT_EQ(peers().at(0).longest_idle_in_transaction, 400ms);
}

TEST_F(EvidenceOfConnections, TellsHowManyWereUnusedAtTheBeginAndInTheMiddle)
{
  // More looks than are kept one by one.
  for (std::uint32_t i = 0; i <= 300; ++i) {
    evidence.add(request(i + 1, i * 1ms, i * 1ms + 500us));
    PeerConnections growing = connections(i + 3, i, 0);
    growing.in_use = 2;
    evidence.add(sample(i * 1ms + 700us, { growing }));
  }

  const PeerReport seen = peers().at(0);
  EXPECT_EQ(seen.unused_first, 1U);
  EXPECT_NEAR(static_cast<double>(seen.unused_middle), 151, 8);
  EXPECT_LE(seen.unused_middle, 151U);
}

TEST_F(EvidenceOfConnections, TheMiddleIsThatOfTheRequestsAndNotOfTheTime)
{
  for (std::uint32_t i = 0; i <= 20; ++i) {
    evidence.add(request(i + 1, i * 1ms, i * 1ms + 500us));
    evidence.add(sample(i * 1ms + 700us, { connections(i, i, 0) }));
  }
  for (std::uint32_t i = 0; i < 20; ++i)
    evidence.add(sample(100ms + i * 10ms, { connections(20, 20, 0) }));

  EXPECT_NEAR(static_cast<double>(peers().at(0).unused_middle), 10, 1);
}

TEST_F(EvidenceOfConnections, NothingWasUnusedAtAPeerThatCameLater)
{
  evidence.add(sample(100ms, {}));
  for (std::uint32_t i = 0; i < 4; ++i)
    evidence.add(request(i + 1, 200ms + i * 10ms, 205ms + i * 10ms));
  evidence.add(sample(800ms, { connections(30, 30, 0) }));
  evidence.add(sample(900ms, { connections(30, 30, 0) }));

  EXPECT_EQ(peers().at(0).unused_first, 0U);
  EXPECT_EQ(peers().at(0).unused_middle, 0U);
}

TEST_F(EvidenceOfConnections, SplitsWhatIsOpenAndKeepsTheMost)
{
  PeerConnections busy = connections(4, 4, 0);
  busy.in_use = 3;
  PeerConnections calm = connections(3, 4, 1);
  calm.in_use = 1;
  calm.idle_in_transaction = 1;
  calm.oldest_since = at(100ms);
  calm.transaction_since = at(200ms);
  evidence.add(sample(1ms, { busy }));
  evidence.add(sample(900ms, { calm }));

  const PeerReport seen = peers().at(0);
  EXPECT_EQ(seen.in_use + seen.idle + seen.idle_in_transaction, seen.open);
  EXPECT_EQ(seen.idle, 1U);
  EXPECT_EQ(seen.most_open, 4U);
  EXPECT_EQ(seen.most_in_use, 3U);
  EXPECT_EQ(seen.oldest, 800ms);
  EXPECT_EQ(seen.longest_transaction, 700ms);
}

CpuLimitSample limit(Nanos time, std::uint64_t throttled_periods, const std::string &group = "/web")
{
  return { .time = at(time),
           .tgid = worker,
           .group = group,
           .quota = 20ms,
           .period = 100ms,
           .periods = 2 * throttled_periods,
           .throttled_periods = throttled_periods,
           .throttled = 80ms * throttled_periods };
}

TEST_F(EvidenceOfConnections, TellsHowOftenTheCpuLimitHeldInTheWindow)
{
  evidence.add(limit(1ms, 1000));
  evidence.add(limit(900ms, 1007));

  const Report seen = report();
  EXPECT_EQ(worker_in(seen, worker).cpu_limit, (CpuLimitReport{ .group = "/web",
                                                                .quota = 20ms,
                                                                .period = 100ms,
                                                                .periods = 14,
                                                                .throttled_periods = 7,
                                                                .throttled = 560ms }));
  EXPECT_EQ(worker_in(seen, other_worker).cpu_limit, std::nullopt);
}

TEST_F(EvidenceOfConnections, AnotherGroupCountsForItself)
{
  evidence.add(limit(1ms, 1000));
  evidence.add(limit(500ms, 3, "/other"));
  evidence.add(limit(900ms, 5, "/other"));
  EXPECT_EQ(worker_in(report(), worker).cpu_limit->throttled_periods, 2U);
}

TEST_F(EvidenceOfConnections, SumsWhatRequestsLostToTheLimit)
{
  Request first = spending(request(1, 10ms, 110ms), Cause::run_queue, 80ms);
  first.throttled = 70ms;
  evidence.add(first);
  evidence.add(request(2, 120ms, 130ms));

  const Report seen = report();
  EXPECT_EQ(worker_in(seen, worker).throttled, 70ms);
  EXPECT_EQ(seen.endpoints.at(0).throttled, 70ms);
}

CoverageSample host(Nanos time, Nanos all, Nanos steal)
{
  CoverageSample made{ .time = at(time), .gaps = {} };
  made.host_cpu = all;
  made.host_steal = steal;
  return made;
}

TEST_F(EvidenceOfConnections, TellsStolenTimeOnceItCounts)
{
  evidence.add(host(1ms, 100s, 50s));
  evidence.add(host(900ms, 102s, 50s + 10ms));
  EXPECT_TRUE(report().coverage.gaps.empty()) << "half a percent";

  evidence.add(host(950ms, 102s, 50s + 50ms));
  const Coverage coverage = report().coverage;
  EXPECT_EQ(coverage.host_steal, 50ms);
  ASSERT_EQ(coverage.gaps.size(), 1U);
  EXPECT_NE(coverage.gaps.front().find("took 2.5 % of"), std::string::npos)
      << coverage.gaps.front();
}

} // namespace
} // namespace linger::domain::test
