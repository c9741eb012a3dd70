#include "unit/domain/evidence_fixture.h"

#include <gmock/gmock.h>

namespace linger::domain {
namespace {

using namespace test;
using EvidenceMembershipTest = EvidenceFixture;

TEST_F(EvidenceMembershipTest, CountsWhatWasPendingWhenTheProcessExits)
{
  evidence.add(provisional(request(1, 0ms, 100ms)));
  evidence.add(exited(200ms, worker, 9));
  evidence.add(request(1, 0ms, 150ms)); // too late to replace it

  const Report end = report();
  EXPECT_EQ(requests_in(end), 1U);
  EXPECT_EQ(worker_in(end, worker).state, WorkerState::exited);
  EXPECT_EQ(worker_in(end, worker).exit_reason, "killed by signal 9");
  EXPECT_EQ(worker_in(end, worker).requests, 1U);
}

TEST_F(EvidenceMembershipTest, TakesAChildOfTheMasterForAWorkerAtOnce)
{
  evidence.add(exited(100ms, worker, 3 << 8));
  evidence.add(started(110ms, 103));
  evidence.add(served_by(103, request(1, 200ms, 300ms)));

  const Report replaced = report();
  ASSERT_EQ(replaced.servers[0].workers.size(), 3U);
  EXPECT_EQ(worker_in(replaced, 103).requests, 1U);
  EXPECT_EQ(worker_in(replaced, 103).restarts, 1U);
  EXPECT_EQ(worker_in(replaced, worker).exit_reason, "exited with status 3");
  EXPECT_EQ(replaced.endpoints.at(0).server, master);
}

TEST_F(EvidenceMembershipTest, CountsNoRestartForAWorkerThatIsAddedOrRemoved)
{
  evidence.add(started(100ms, 103)); // TTIN
  EXPECT_EQ(worker_in(evidence.report(), 103).restarts, 0U);

  Evidence fewer{ RouteTable{} };
  fewer.add(mark(0ms));
  fewer.add(seen(0ms, { worker, other_worker }));
  fewer.add(exited(100ms, worker)); // TTOU
  fewer.add(seen(200ms, { other_worker }));
  EXPECT_EQ(worker_in(fewer.report(), worker).restarts, 0U);
}

TEST_F(EvidenceMembershipTest, DoesNotTakeAProgramThatTheMasterRunsForAWorker)
{
  evidence.add(started(100ms, 103));
  ProcessEvent executed = started(110ms, 103);
  executed.kind = ProcessEvent::Kind::executed;
  evidence.add(executed);
  evidence.add(started(120ms, 104, worker)); // and a worker's child is none either

  EXPECT_EQ(report().servers[0].workers.size(), 2U);
}

TEST_F(EvidenceMembershipTest, KeepsAWorkerThatStartedWhileTheScanWasUnderWay)
{
  evidence.add(started(500ms, 103));
  evidence.add(seen(490ms, { worker, other_worker }));

  EXPECT_NE(worker_in(report(), 103).state, WorkerState::exited);
}

TEST_F(EvidenceMembershipTest, TakesBackThatAWorkerEndedWhenTheNextScanShowsIt)
{
  evidence.add(seen(100ms, { other_worker }));
  EXPECT_EQ(worker_in(evidence.report(), worker).exit_reason, "ended unseen");

  evidence.add(seen(200ms, { worker, other_worker }));
  const Report back = report();
  EXPECT_EQ(worker_in(back, worker).exit_reason, "");
  EXPECT_EQ(worker_in(back, worker).restarts, 0U);
}

TEST_F(EvidenceMembershipTest, DoesNotBringAWorkerBackWhoseEndWasSeen)
{
  evidence.add(exited(100ms, worker, 9));
  evidence.add(seen(100ms, { worker, other_worker })); // a scan that began before

  EXPECT_EQ(worker_in(report(), worker).state, WorkerState::exited);
}

TEST_F(EvidenceMembershipTest, TellsTwoProcessesWithOneNumberApart)
{
  evidence.add(request(1, 0ms, 10ms));
  ServersSeen scan = seen(500ms, { worker, other_worker });
  scan.servers[0].workers[0].start_ticks += 77;
  evidence.add(scan);
  evidence.add(request(1, 600ms, 610ms));

  const Report twins = report();
  ASSERT_EQ(twins.servers[0].workers.size(), 3U);
  EXPECT_EQ(twins.servers[0].workers[0].requests, 1U);
  EXPECT_EQ(twins.servers[0].workers[1].requests, 1U);
  EXPECT_EQ(twins.servers[0].workers[1].restarts, 1U);
  EXPECT_EQ(requests_in(twins), 2U);
}

TEST_F(EvidenceMembershipTest, HoldsRequestsUntilTheirServerIsKnown)
{
  Evidence early{ RouteTable{} };
  early.add(mark(0ms));
  early.add(wait_in(1, Cause::database, "db", 5ms));
  early.add(request(1, 0ms, 100ms));
  EXPECT_EQ(early.report().endpoints.at(0).server, 0U);
  EXPECT_EQ(early.report().coverage.gaps.size(), 1U);

  early.add(seen(200ms, { worker }));
  early.add(mark(1s));
  const Report claimed = early.report();
  EXPECT_EQ(claimed.endpoints.at(0).server, master);
  EXPECT_EQ(claimed.endpoints.at(0).sites.size(), 1U);
  EXPECT_EQ(worker_in(claimed, worker).requests, 1U);
  EXPECT_NEAR(worker_in(claimed, worker).utilization, 0.1, 1e-9);
  EXPECT_TRUE(claimed.coverage.gaps.empty());
}

TEST_F(EvidenceMembershipTest, CountsEveryRequestOfManyStrangers)
{
  for (std::uint32_t stranger = 1000; stranger < 1200; ++stranger) {
    for (std::uint64_t i = 1; i <= 600; i += 1)
      evidence.add(served_by(stranger, request(i, i * 1ms, i * 1ms + 500us)));
  }
  EXPECT_EQ(requests_in(report()), 200U * 600U);
}

TEST_F(EvidenceMembershipTest, ForgetsTheOldestOfVeryManyReplacedWorkersButNoRequest)
{
  std::uint32_t current = worker;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    evidence.add(served_by(current, request(1, i * 1ms, i * 1ms + 100us)));
    evidence.add(exited(i * 1ms + 200us, current));
    current = 2000 + i;
    evidence.add(started(i * 1ms + 300us, current));
  }
  const Report churned = report();
  EXPECT_EQ(requests_in(churned), 1000U);
  EXPECT_LE(churned.servers[0].workers.size(), 260U);
  EXPECT_EQ(worker_in(churned, current).restarts, 1000U);
}

TEST_F(EvidenceMembershipTest, ForgetsServersThatAreGoneButNotThatThereWere)
{
  constexpr std::uint32_t many = 300;
  for (std::uint32_t i = 0; i < many; ++i) {
    ServersSeen scan = seen(i * 1ms, { 1000 + i });
    scan.servers.front().master_tgid = 10'000 + i;
    evidence.add(scan);
    evidence.add(served_by(1000 + i, request(1, i * 1ms, i * 1ms + 100us)));
  }
  const Report told = report();

  EXPECT_LE(told.servers.size(), 17U);
  EXPECT_LE(told.endpoints.size(), 17U);
  EXPECT_EQ(told.servers.back().server.master_tgid, 10'000 + many - 1);
  EXPECT_EQ(told.coverage.requests_seen, many);
  EXPECT_THAT(told.coverage.gaps, testing::Contains(testing::HasSubstr("servers that are gone")));
}

TEST_F(EvidenceMembershipTest, ForgetsNoServerThatComesBackInTime)
{
  const auto scan = [&](domain::Nanos at, std::uint32_t master) {
    ServersSeen one = seen(at, { 500 });
    one.servers.front().master_tgid = master;
    return one;
  };
  for (std::uint32_t i = 0; i < 100; ++i) {
    evidence.add(scan(i * 2ms, 42));
    evidence.add(scan(i * 2ms + 1ms, 10'000 + i));
  }
  evidence.add(scan(500ms, 42));
  const Report told = report();
  EXPECT_TRUE(std::ranges::any_of(
      told.servers, [](const ServerReport &server) { return server.server.master_tgid == 42; }));
}

} // namespace
} // namespace linger::domain
