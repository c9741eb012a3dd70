#include "unit/domain/evidence_fixture.h"

#include <algorithm>

namespace linger::domain {
namespace {

using namespace test;
using EvidenceTest = EvidenceFixture;

TEST_F(EvidenceTest, ReportsNothingButTheServerWhenNothingHappened)
{
  const Report empty = report();

  EXPECT_TRUE(empty.endpoints.empty());
  ASSERT_EQ(empty.servers.size(), 1U);
  ASSERT_EQ(empty.servers[0].workers.size(), 2U);
  EXPECT_EQ(empty.servers[0].workers[0].state, WorkerState::unknown);
  EXPECT_EQ(empty.window.length(), 1s);
  EXPECT_EQ(empty.clock.wall, WallTime{ 1s + 1000h });
}

TEST_F(EvidenceTest, SumsRequestsByServerMethodAndRoute)
{
  evidence.add(spending(request(1, 0ms, 100ms, "/nap/1"), Cause::sleep, 90ms));
  evidence.add(spending(request(2, 100ms, 300ms, "/nap/2"), Cause::sleep, 190ms));
  evidence.add(request(3, 300ms, 305ms, "/health"));

  const Report sums = report();
  ASSERT_EQ(sums.endpoints.size(), 2U);
  const EndpointReport &nap = sums.endpoints[0]; // the most wall time first
  EXPECT_EQ(endpoint_name(nap), "GET /nap/{}");
  EXPECT_EQ(nap.server, master);
  EXPECT_EQ(nap.requests, 2U);
  EXPECT_EQ(nap.times[Cause::sleep], 280ms);
  EXPECT_EQ(nap.times.wall(), 300ms);
  EXPECT_EQ(nap.wall_ns.max(), 200'000'000U);
  EXPECT_EQ(sums.coverage.requests_seen, 3U);
  EXPECT_EQ(worker_in(sums, worker).requests, 3U);
  EXPECT_EQ(worker_in(sums, worker).times.wall(), 305ms);
}

TEST_F(EvidenceTest, SaysHowManyPipelinedRequestsHaveNoName)
{
  Request named = request(1, 0ms, 10ms);
  named.pipelined = true;
  Request nameless = request(2, 10ms, 20ms, "");
  nameless.pipelined = true;
  nameless.method = "-";
  evidence.add(named);
  evidence.add(nameless);

  const Report pipelined = report();
  ASSERT_EQ(pipelined.coverage.gaps.size(), 1U);
  EXPECT_EQ(pipelined.coverage.gaps[0].find("1 requests came in one read behind another"), 0U);
  EXPECT_EQ(pipelined.coverage.requests_broken, 1U);
  EXPECT_EQ(pipelined.coverage.requests_seen, 1U);
}

TEST_F(EvidenceTest, GivesAcceptQueuesToTheirServer)
{
  evidence.add(ListenSample{ .time = {},
                             .server = master,
                             .queues = { { .address = "[::]:80", .length = 3, .limit = 8 } } });
  evidence.add(ListenSample{ .time = {}, .server = 4711, .queues = { { .address = "[::]:81" } } });

  const Report queues = report();
  ASSERT_EQ(queues.servers.size(), 1U);
  ASSERT_EQ(queues.servers[0].listen_queues.size(), 1U);
  EXPECT_EQ(queues.servers[0].listen_queues[0].length, 3U);
}

TEST_F(EvidenceTest, SumsNoFurtherThanThereIsTime)
{
  constexpr Nanos longest{ 1LL << 61 }; // as a recording may state it
  for (std::uint64_t sequence = 1; sequence <= 8; ++sequence) {
    evidence.add(wait_in(sequence, Cause::database, "db", longest));
    evidence.add(spending(request(sequence, 0ms, longest), Cause::database, longest));
  }
  evidence.add(mark(longest));

  const Report sums = evidence.report();
  ASSERT_EQ(sums.endpoints.size(), 1U);
  EXPECT_EQ(sums.endpoints[0].times.wall(), Nanos::max());
  EXPECT_EQ(sums.endpoints[0].times.blocked(), Nanos::max());
  EXPECT_EQ(sums.endpoints[0].sites.at(0).total, Nanos::max());
  EXPECT_EQ(worker_in(sums, worker).utilization, 1);
}

TEST_F(EvidenceTest, CountsAProvisionalRequestOnceAndAsItStands)
{
  evidence.add(provisional(request(1, 0ms, 100ms)));
  EXPECT_EQ(requests_in(evidence.report()), 1U);
  EXPECT_EQ(evidence.report().endpoints.at(0).times.wall(), 100ms);

  evidence.add(request(1, 0ms, 250ms));
  const Report final_report = report();
  EXPECT_EQ(requests_in(final_report), 1U);
  EXPECT_EQ(final_report.endpoints[0].times.wall(), 250ms);
}

TEST_F(EvidenceTest, LeavesOpenRequestsOutOfSumsThatMustNotFall)
{
  evidence.add(request(1, 10ms, 20ms));
  evidence.add(provisional(request(2, 30ms, 60ms)));
  evidence.add(mark(1s));

  EXPECT_EQ(requests_in(evidence.report()), 2U);
  EXPECT_EQ(requests_in(evidence.report(Evidence::OpenRequests::left_out)), 1U);
}

TEST_F(EvidenceTest, GivesTheSameReportHoweverOftenItIsAsked)
{
  evidence.add(wait_in(1, Cause::database, "db", 30ms));
  evidence.add(provisional(request(1, 0ms, 100ms)));
  evidence.add(served_by(999, request(1, 0ms, 10ms, "/stray")));

  const Report first = report();
  const Report second = evidence.report();
  EXPECT_EQ(requests_in(first), 2U);
  EXPECT_EQ(requests_in(second), 2U);
  EXPECT_EQ(second.endpoints[0].sites.size(), 1U);
  EXPECT_EQ(first.coverage.gaps, second.coverage.gaps);
}

TEST_F(EvidenceTest, CountsErrorsAndBrokenRequests)
{
  evidence.add(answered(request(1, 0ms, 1ms), 499));
  evidence.add(answered(request(2, 2ms, 3ms), 500));
  evidence.add(answered(request(3, 4ms, 5ms), 0));
  Request garbage = answered(request(4, 6ms, 7ms, ""), 400);
  garbage.method = "-";
  evidence.add(garbage);

  const Report broken = report();
  EXPECT_EQ(broken.coverage.requests_seen, 2U);
  EXPECT_EQ(broken.coverage.requests_broken, 2U);
  ASSERT_EQ(broken.endpoints.size(), 2U);
  const auto malformed = std::ranges::find(broken.endpoints, "- (malformed)", endpoint_name);
  ASSERT_NE(malformed, broken.endpoints.end());
  EXPECT_EQ(malformed->requests, 1U);
  EXPECT_EQ(malformed->errors, 0U); // the server answered it with 400
  const auto root = std::ranges::find(broken.endpoints, "GET /", endpoint_name);
  EXPECT_EQ(root->errors, 2U);
}

TEST_F(EvidenceTest, CreditsWaitsToTheEndpointOfTheirRequest)
{
  evidence.add(wait_in(1, Cause::database, "127.0.0.1:5432", 30ms));
  evidence.add(wait_in(1, Cause::database, "127.0.0.1:5432", 50ms));
  evidence.add(request(1, 0ms, 100ms, "/report/1"));
  evidence.add(wait_in(2, Cause::sleep, "clock_nanosleep", 10ms));
  evidence.add(request(2, 100ms, 120ms, "/nap/1"));

  const Report sites = report();
  ASSERT_EQ(sites.endpoints.size(), 2U);
  ASSERT_EQ(sites.endpoints[0].sites.size(), 1U);
  const SiteReport &site = sites.endpoints[0].sites[0];
  EXPECT_EQ(site.what, "127.0.0.1:5432");
  EXPECT_EQ(site.waits, 2U);
  EXPECT_EQ(site.requests, 1U);
  EXPECT_EQ(site.total, 80ms);
  EXPECT_EQ(site.max, 50ms);
  EXPECT_EQ(sites.endpoints[1].sites[0].cause, Cause::sleep);
  EXPECT_EQ(sites.coverage.records_seen, 3U);
}

TEST_F(EvidenceTest, SumsCallsAndTellsWhatIsAskedOverAndOver)
{
  for (std::uint64_t sequence = 1; sequence <= 2; ++sequence) {
    Wait wait = wait_in(sequence, Cause::database, "db", 1ms);
    wait.statement = "SELECT ?";
    evidence.add(wait);
    wait.repeated = true;
    evidence.add(wait);
    Request asking = request(sequence, sequence * 10ms, sequence * 10ms + 5ms);
    asking.calls = { .database = 28, .cache = 1 };
    asking.opened = { .database = 1 };
    asking.transaction_open = sequence == 2;
    evidence.add(asking);
  }

  const Report sums = report();
  ASSERT_EQ(sums.endpoints.size(), 1U);
  EXPECT_EQ(sums.endpoints[0].calls, (Calls{ .database = 56, .cache = 2 }));
  EXPECT_EQ(sums.endpoints[0].opened, (Calls{ .database = 2 }));
  EXPECT_EQ(sums.endpoints[0].open_transactions, 1U);
  ASSERT_EQ(sums.endpoints[0].sites.size(), 1U);
  EXPECT_EQ(sums.endpoints[0].sites[0].statement, "SELECT ?");
  EXPECT_EQ(sums.endpoints[0].sites[0].waits, 4U);
  EXPECT_EQ(sums.endpoints[0].sites[0].repeated, 2U);
}

TEST_F(EvidenceTest, CountsCallsNoFurtherThanCanBeCounted)
{
  constexpr std::uint64_t most = ~std::uint64_t{};
  Calls calls{ .database = most - 1, .dns = 1 };
  calls += { .database = 28, .dns = 1 };
  EXPECT_EQ(calls, (Calls{ .database = most, .dns = 2 }));
  EXPECT_EQ(calls.of(Cause::dns), 2U);
  EXPECT_EQ(calls.of(Cause::sleep), 0U);
}

TEST_F(EvidenceTest, IsBoundedByTheNumberOfEndpointsNotOfPaths)
{
  constexpr std::uint64_t paths = 100'000;
  for (std::uint64_t i = 1; i <= paths; ++i)
    evidence.add(request(i, i * 1us, i * 1us + 1us, "/search/word-" + std::to_string(i)));

  const Report crowded = report();
  EXPECT_LE(crowded.endpoints.size(), Evidence::max_endpoints);
  EXPECT_EQ(requests_in(crowded), paths);
  const auto other = std::ranges::find(crowded.endpoints, "* (other)", endpoint_name);
  ASSERT_NE(other, crowded.endpoints.end());
  EXPECT_GE(other->requests, paths - Evidence::max_endpoints);
  EXPECT_EQ(crowded.coverage.gaps.size(), 1U);
}

TEST_F(EvidenceTest, DoesNotDependOnHowTwoWorkersRecordsInterleave)
{
  Evidence sorted{ RouteTable{} };
  sorted.add(mark(0ms));
  sorted.add(seen(0ms, { worker, other_worker }));
  for (std::uint64_t i = 1; i <= 50; ++i) {
    evidence.add(request(i, i * 10ms, i * 10ms + 4ms));
    evidence.add(served_by(other_worker, request(i, i * 10ms, i * 10ms + 6ms)));
  }
  for (const std::uint32_t tgid : { other_worker, worker }) {
    for (std::uint64_t i = 1; i <= 50; ++i)
      sorted.add(served_by(tgid, request(i, i * 10ms, i * 10ms + (tgid == worker ? 4ms : 6ms))));
  }
  sorted.add(mark(1s));
  const Report left = report();
  const Report right = sorted.report();

  ASSERT_EQ(left.endpoints.size(), right.endpoints.size());
  EXPECT_EQ(left.endpoints[0].times, right.endpoints[0].times);
  EXPECT_EQ(left.endpoints[0].wall_ns.quantile(0.9), right.endpoints[0].wall_ns.quantile(0.9));
  EXPECT_EQ(worker_in(left, worker).utilization, worker_in(right, worker).utilization);
}

TEST_F(EvidenceTest, ReportsTheLatestMemoryAndItsGrowthInTheWindow)
{
  evidence.add(MemorySample{ .time = at(1ms), .tgid = worker, .anonymous_bytes = 9000 });
  evidence.add(MemorySample{
      .time = at(2ms), .tgid = worker, .resident_bytes = 5000, .anonymous_bytes = 4000 });
  Request faulty = request(1, 0ms, 1ms);
  faulty.minor_faults = 7;
  faulty.major_faults = 1;
  evidence.add(faulty);

  const Report memory = report();
  EXPECT_EQ(worker_in(memory, worker).memory.resident_bytes, 5000U);
  EXPECT_EQ(worker_in(memory, worker).memory.growth_bytes, -5000);
  EXPECT_EQ(worker_in(memory, worker).memory.minor_faults, 7U);
  EXPECT_EQ(memory.endpoints[0].memory.allocated_bytes, 8U * 4096U);
  EXPECT_EQ(memory.endpoints[0].memory.faults_per_request, 8);
  EXPECT_EQ(memory.endpoints[0].memory.tier, MemoryTier::none);
}

TEST_F(EvidenceTest, AttributesGrowthToTheEndpointThatKeepsMemory)
{
  std::uint64_t bytes = 100 << 20;
  for (std::uint64_t i = 1; i <= 2000; ++i) {
    const bool keeps = i * 7919 % 5 < 2;
    Request served = request(i, i * 400us, i * 400us + 300us, keeps ? "/report/1" : "/health");
    // Accepted from a full backlog: it was there before the one before it had ended.
    served.window.begin -= 10ms;
    served.times[Cause::accept_queue] = 10ms;
    served.anonymous_begin_bytes = bytes;
    evidence.add(served);
    bytes += keeps ? 28'672 : 0;
  }
  const Report growth = report();
  const auto kept = std::ranges::find(growth.endpoints, "GET /report/{}", endpoint_name);
  const auto clean = std::ranges::find(growth.endpoints, "GET /health", endpoint_name);

  EXPECT_EQ(kept->memory.tier, MemoryTier::growth);
  EXPECT_NEAR(kept->memory.retained_bytes_per_request, 28'672, 200);
  EXPECT_NEAR(static_cast<double>(kept->memory.retained_bytes),
              28'672.0 * static_cast<double>(kept->requests), 28'672.0 * 10);
  EXPECT_NEAR(clean->memory.retained_bytes_per_request, 0, 200);
}

TEST_F(EvidenceTest, ReportsCostAndLossesOfTheWindowOnly)
{
  evidence.add(CoverageSample{ .requests_lost = 5,
                               .records_lost = 9,
                               .agent_cpu = 100ms,
                               .bpf_run = 10ms,
                               .gaps = { "no TLS" } });
  evidence.add(CoverageSample{ .requests_lost = 6,
                               .records_lost = 12,
                               .agent_cpu = 130ms,
                               .bpf_run = 14ms,
                               .agent_rss_bytes = 77,
                               .gaps = { "no BTF" } });

  const Coverage coverage = report().coverage;
  EXPECT_EQ(coverage.requests_lost, 1U);
  EXPECT_EQ(coverage.records_lost, 3U);
  EXPECT_EQ(coverage.agent_cpu, 30ms);
  EXPECT_EQ(coverage.bpf_run, 4ms);
  EXPECT_EQ(coverage.agent_rss_bytes, 77U);
  EXPECT_EQ(coverage.gaps, std::vector<std::string>{ "no BTF" });
}

TEST_F(EvidenceTest, CountsARequestWhoseThreadDied)
{
  Request cut = answered(provisional(request(1, 0ms, 40ms)), 0);
  cut.thread_died = true;
  evidence.add(cut);

  const Report died = report();
  EXPECT_EQ(requests_in(died), 1U);
  EXPECT_EQ(died.coverage.requests_broken, 1U);
}

TEST_F(EvidenceTest, SurvivesThousandsOfThreads)
{
  for (std::uint32_t tid = 1; tid <= 5000; ++tid) {
    Request one = provisional(request(1, tid * 1us, tid * 1us + 1us));
    one.tid = tid;
    evidence.add(one);
  }
  const Report crowded = report();
  EXPECT_EQ(requests_in(crowded), 5000U);
}

TEST_F(EvidenceTest, TellsOfEachCloserLookOnceAndOfManyTheLatest)
{
  Escalation look{ .begin = at(100ms), .server = master, .tgid = worker, .reason = "it grew" };
  evidence.add(look);
  look.end = at(200ms);
  look.outcome = "found";
  evidence.add(look);
  evidence.add(Escalation{ .begin = at(1ms), .server = 4711, .tgid = 4712 });
  Report told = report();
  ASSERT_EQ(told.servers.at(0).escalations.size(), 1);
  EXPECT_EQ(told.servers.at(0).escalations[0], look);

  for (int i = 0; i < 20; ++i)
    evidence.add(Escalation{ .begin = at(300ms + i * 1ms), .server = master, .tgid = worker });
  told = report();
  ASSERT_EQ(told.servers.at(0).escalations.size(), 16);
  EXPECT_EQ(told.servers.at(0).escalations.back().begin, at(319ms));
}

} // namespace
} // namespace linger::domain
