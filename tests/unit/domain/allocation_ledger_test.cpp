#include "domain/allocation_ledger.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t worker = 7;
constexpr std::uint32_t thread = 8;
constexpr std::uint32_t endpoint = 3;
constexpr std::uint64_t large = 1 << 20; // certain to be sampled

/// One worker with one thread: a request every 100 ms, 10 ms long, from 10 s on.
class AllocationLedgerTest : public testing::Test {
protected:
  static MonotonicTime begin_of(std::uint64_t request)
  {
    return MonotonicTime{ 10s + request * 100ms };
  }

  [[nodiscard]] AllocationsSeen seen(MonotonicTime time) const
  {
    AllocationsSeen seen;
    seen.time = time;
    seen.tgid = worker;
    seen.begin = MonotonicTime{ 10s };
    seen.settle = rule_;
    return seen;
  }

  Allocation allocation(std::uint64_t request, std::uint64_t bytes = large)
  {
    return { .id = ++ids_,
             .time = begin_of(request) + 1ms,
             .tid = thread,
             .request_sequence = request,
             .bytes = bytes,
             .interval_bytes = 16384,
             .code = "shop.py:7 in keep" };
  }

  void serve(std::uint64_t request, std::uint32_t at = endpoint)
  {
    ledger_.add(LedgerRequest{ .tgid = worker,
                               .tid = thread,
                               .sequence = request,
                               .window = { begin_of(request), begin_of(request) + 10ms },
                               .endpoint = at });
  }

  /// `keeps` decides what of a request's one allocation is freed at its end.
  template <typename Keeps>
  void serve_all(std::uint64_t count, const Keeps &keeps)
  {
    for (std::uint64_t request = 0; request < count; ++request) {
      AllocationsSeen now = seen(begin_of(request) + 10ms);
      now.allocations.push_back(allocation(request));
      if (!keeps(request))
        now.freed.push_back(ids_);
      ledger_.add(now);
      serve(request);
    }
  }

  [[nodiscard]] RetainedEstimate estimate(std::uint32_t of = endpoint) const
  {
    return ledger_.estimates()[of];
  }

  SettleRule rule_{ .after = 2s, .requests = 5 };
  std::uint64_t ids_ = 0;
  AllocationLedger ledger_;
};

TEST_F(AllocationLedgerTest, KeepsWhatSettledRequestsDidNotFree)
{
  serve_all(100, [](auto) { return true; });
  const RetainedEstimate kept = estimate();
  // The last allocation was seen at 19.91 s: what ended until 17.91 s has settled.
  EXPECT_EQ(kept.requests, 80);
  EXPECT_NEAR(kept.retained_bytes, 80.0 * large, 1);
  EXPECT_NEAR(kept.allocated_bytes, 80.0 * large, 1);
  EXPECT_LE(kept.bounds.low, kept.retained_bytes);
  EXPECT_NEAR(kept.bounds.low, kept.retained_bytes, 0.01 * large);
  EXPECT_LT(kept.bounds.high, kept.retained_bytes + 5 * 16384);
  ASSERT_EQ(kept.sites.size(), 1);
  EXPECT_EQ(kept.sites[0].what, "shop.py:7 in keep");
  EXPECT_EQ(kept.sites[0].count, 80);
  EXPECT_EQ(ledger_.traces()[worker].unsettled, 20);
}

TEST_F(AllocationLedgerTest, KeepsNothingOfWhatWasFreed)
{
  serve_all(100, [](auto) { return false; });
  const RetainedEstimate kept = estimate();
  EXPECT_EQ(kept.requests, 80);
  EXPECT_EQ(kept.retained_bytes, 0);
  EXPECT_EQ(kept.bounds.low, 0);
  EXPECT_NEAR(kept.allocated_bytes, 80.0 * large, 1);
  EXPECT_TRUE(kept.sites.empty());
}

TEST_F(AllocationLedgerTest, LinesAddUpToTheEndpoint)
{
  serve_all(100, [](std::uint64_t request) { return request % 2 == 0; });
  const RetainedEstimate kept = estimate();
  const std::vector<AllocationsAtLine> lines = ledger_.lines();
  ASSERT_EQ(lines.size(), 1);
  EXPECT_EQ(lines[0].endpoint, endpoint);
  EXPECT_EQ(lines[0].worker, worker);
  EXPECT_EQ(lines[0].code, "shop.py:7 in keep");
  EXPECT_EQ(lines[0].allocated_bytes, kept.allocated_bytes);
  EXPECT_NEAR(lines[0].allocated_count, 80, 1e-6);
  EXPECT_EQ(lines[0].retained_bytes, kept.retained_bytes);
  EXPECT_NEAR(lines[0].retained_count, 40, 1e-6);
  // What a worker kept that is gone stays.
  ledger_.forget(worker);
  EXPECT_EQ(ledger_.lines()[0].retained_bytes, kept.retained_bytes);
}

TEST_F(AllocationLedgerTest, TakesAllocationsThatAreToldAfterTheirRequest)
{
  for (std::uint64_t request = 0; request < 100; ++request) {
    serve(request);
    AllocationsSeen now = seen(begin_of(request) + 10ms);
    now.allocations.push_back(allocation(request));
    ledger_.add(now);
  }
  // Before the first word of a worker's allocations there is no trace.
  EXPECT_EQ(estimate().requests, 79);
  EXPECT_NEAR(estimate().retained_bytes, 79.0 * large, 1);
}

TEST_F(AllocationLedgerTest, AddsUpWhatABlockGrewBy)
{
  rule_ = { .after = 0s, .requests = 0 };
  AllocationsSeen now = seen(begin_of(0) + 10ms);
  now.allocations = { allocation(0), allocation(0) };
  now.allocations[1].id = now.allocations[0].id;
  ledger_.add(now);
  serve(0);
  EXPECT_NEAR(estimate().retained_bytes, 2.0 * large, 1);
  now.allocations.clear();
  now.freed = { ids_ - 1 };
  ledger_.add(now);
  EXPECT_EQ(estimate().retained_bytes, 0);
}

TEST_F(AllocationLedgerTest, CountsNoRequestBeforeEnoughOthersFollowed)
{
  rule_.requests = 50;
  serve_all(60, [](auto) { return true; });
  EXPECT_EQ(estimate().requests, 10);
}

TEST_F(AllocationLedgerTest, TakesBackWhatIsFreedLater)
{
  // A cache of 30 entries, the oldest of which goes when one comes.
  for (std::uint64_t request = 0; request < 100; ++request) {
    AllocationsSeen now = seen(begin_of(request) + 10ms);
    now.allocations.push_back(allocation(request));
    if (request >= 30)
      now.freed.push_back(ids_ - 30);
    ledger_.add(now);
    serve(request);
  }
  const RetainedEstimate kept = estimate();
  EXPECT_EQ(kept.requests, 80);
  EXPECT_NEAR(kept.retained_bytes, 10.0 * large, 1); // of requests 70 to 79
}

TEST_F(AllocationLedgerTest, SaysThatWhatStoppedGrowingDidNotGrowLately)
{
  serve_all(100, [](std::uint64_t request) { return request < 20; });
  const RetainedEstimate kept = estimate();
  EXPECT_NEAR(kept.retained_bytes, 20.0 * large, 1);
  EXPECT_GT(kept.late_requests, 30);
  EXPECT_EQ(kept.late.low, 0);
}

TEST_F(AllocationLedgerTest, TellsEndpointsApart)
{
  for (std::uint64_t request = 0; request < 100; ++request) {
    AllocationsSeen now = seen(begin_of(request) + 10ms);
    now.allocations.push_back(allocation(request));
    if (request % 2 == 0)
      now.freed.push_back(ids_);
    ledger_.add(now);
    serve(request, request % 2 == 0 ? 1 : 2);
  }
  EXPECT_EQ(estimate(1).retained_bytes, 0);
  EXPECT_NEAR(estimate(2).retained_bytes, 40.0 * large, 1);
}

TEST_F(AllocationLedgerTest, CountsNoRequestThatWasSeenInPart)
{
  AllocationsSeen now = seen(begin_of(50));
  now.begin = begin_of(10) + 5ms;
  now.allocations_end = begin_of(20) + 5ms;
  ledger_.add(now);
  for (std::uint64_t request = 0; request < 50; ++request)
    serve(request);
  now.time = begin_of(90);
  ledger_.add(now);
  EXPECT_EQ(estimate().requests, 9); // 11 to 19
}

TEST_F(AllocationLedgerTest, SettlesNothingAfterFreesAreNoLongerSeen)
{
  AllocationsSeen now = seen(begin_of(100));
  now.frees_end = begin_of(0) + 10ms + 2s + 1ms;
  ledger_.add(now);
  for (std::uint64_t request = 0; request < 50; ++request)
    serve(request);
  EXPECT_EQ(estimate().requests, 1);
}

TEST_F(AllocationLedgerTest, LeavesADeadWorkersSettledRequestsWhatTheyHeld)
{
  serve_all(100, [](auto) { return true; });
  ledger_.forget(worker);
  EXPECT_EQ(estimate().requests, 80);
  EXPECT_NEAR(estimate().retained_bytes, 80.0 * large, 1);
  EXPECT_EQ(ledger_.traces()[worker].unsettled, 20);
  // What comes under its number later is another process's.
  serve(200);
  EXPECT_EQ(ledger_.traces()[worker].unsettled, 20);
}

TEST_F(AllocationLedgerTest, TakesALaterTraceOfTheSameProcessByItself)
{
  serve_all(100, [](auto) { return true; });
  AllocationsSeen again = seen(begin_of(200));
  again.begin = begin_of(150);
  ledger_.add(again);
  EXPECT_EQ(estimate().requests, 80);
  EXPECT_EQ(ledger_.traces()[worker].settled, 0);
}

TEST_F(AllocationLedgerTest, SaysWhatFoundNoRoom)
{
  AllocationsSeen now = seen(begin_of(0) + 5ms);
  for (std::size_t i = 0; i < AllocationLedger::max_blocks + 3; ++i)
    now.allocations.push_back(allocation(0));
  ledger_.add(now);
  EXPECT_EQ(ledger_.traces()[worker].overflowed, 3);
}

TEST_F(AllocationLedgerTest, ForgetsAllocationsOfRequestsThatNeverBecomeWhole)
{
  for (std::uint64_t request = 0; request < 3 * AllocationLedger::max_open; ++request) {
    AllocationsSeen now = seen(begin_of(request));
    now.allocations.push_back(allocation(request));
    now.freed.push_back(ids_);
    ledger_.add(now);
  }
  EXPECT_TRUE(ledger_.estimates().empty());
}

TEST_F(AllocationLedgerTest, SpreadsALongTraceOverFewSlices)
{
  rule_ = { .after = 1s, .requests = 1 };
  serve_all(5000, [](auto) { return true; });
  const RetainedEstimate kept = estimate();
  EXPECT_GT(kept.requests, 4900);
  EXPECT_GT(kept.late_requests, kept.requests * 4 / 10);
  EXPECT_LT(kept.late_requests, kept.requests * 7 / 10);
  EXPECT_NEAR(kept.late.low, static_cast<double>(kept.late_requests) * large, 2.0 * large);
}

} // namespace
} // namespace linger::domain
