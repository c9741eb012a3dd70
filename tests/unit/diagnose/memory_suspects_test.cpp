#include "diagnose/memory_suspects.h"

#include "diagnose/diagnose.h"
#include "unit/diagnose/reports.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::EndpointMemory;
using domain::HeapGrowth;
using domain::Report;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr double kib = 1024;

EndpointMemory keeping(double per_request)
{
  return { .allocated_bytes = static_cast<std::uint64_t>(per_request * 1000),
           .retained_bytes = static_cast<std::int64_t>(per_request * 1000),
           .retained_bytes_per_request = per_request,
           .low = per_request * 0.9,
           .high = per_request * 1.1,
           .late_low = per_request * 0.8,
           .late_high = per_request * 1.2,
           .tier = domain::MemoryTier::growth };
}

Report report_with(const std::vector<std::pair<std::string, EndpointMemory>> &endpoints)
{
  Report report = report_of(2, 0.1);
  for (const auto &[route, memory] : endpoints)
    add_endpoint(report, route, 1000, { { Cause::on_cpu, 1ms } }).memory = memory;
  report.findings = diagnose(report, {});
  return report;
}

TEST(MemorySuspects, IsTheWorkerThatGrewMostForTheEndpointThatKeepsMost)
{
  Report report = report_with({ { "/a", keeping(4 * kib) }, { "/b", keeping(28 * kib) } });
  report.servers[0].workers[0].memory.growth_bytes = 10 << 20;
  report.servers[0].workers[1].memory.growth_bytes = 20 << 20;
  const auto suspects = memory_suspects(report, {});
  ASSERT_EQ(suspects.size(), 1);
  EXPECT_EQ(suspects[0].server, 100);
  EXPECT_EQ(suspects[0].tgid, 102);
  EXPECT_EQ(suspects[0].endpoint, "GET /b");
  EXPECT_THAT(suspects[0].reason, HasSubstr("GET /b kept 28.0 KiB per request (25.2 KiB to"));

  // One that has ended has no heap.
  report.servers[0].workers[1].state = domain::WorkerState::exited;
  EXPECT_EQ(memory_suspects(report, {})[0].tgid, 101);
  report.servers[0].workers[0].state = domain::WorkerState::exited;
  EXPECT_THAT(memory_suspects(report, {}), IsEmpty());
}

TEST(MemorySuspects, AreNoneWhereNothingSignificantWasSeen)
{
  EXPECT_THAT(memory_suspects(report_with({ { "/a", keeping(0) } }), {}), IsEmpty());

  EndpointMemory uncertain = keeping(28 * kib);
  uncertain.low = 100; // above zero, so that the rule speaks, and below the threshold
  Report report = report_with({ { "/a", uncertain } });
  ASSERT_FALSE(report.findings.empty());
  EXPECT_THAT(memory_suspects(report, {}), IsEmpty());

  EndpointMemory warm_up = keeping(28 * kib);
  warm_up.late_low = -1;
  EXPECT_THAT(memory_suspects(report_with({ { "/a", warm_up } }), {}), IsEmpty());

  // Known as closely as it can be already.
  EndpointMemory traced = keeping(28 * kib);
  traced.tier = domain::MemoryTier::allocations;
  EXPECT_THAT(memory_suspects(report_with({ { "/a", traced } }), {}), IsEmpty());

  // Another server's finding.
  Report other = report_with({ { "/a", keeping(28 * kib) } });
  for (domain::Finding &finding : other.findings)
    finding.server = 200;
  EXPECT_THAT(memory_suspects(other, {}), IsEmpty());
}

TEST(MemorySuspects, SmallObjectsAreEnough)
{
  EndpointMemory small = keeping(2 * kib);
  small.low = -kib;
  small.small_objects = {
    .per_request = 1500, .low = 1400, .high = 1600, .late_low = 1300, .late_high = 1700
  };
  const auto suspects = memory_suspects(report_with({ { "/a", small } }), {});
  ASSERT_EQ(suspects.size(), 1);
  EXPECT_THAT(suspects[0].reason, HasSubstr("GET /a kept 1.46 KiB per request (1.37 KiB to"));
}

TEST(MemorySuspects, ACensusExplainsWhatItFoundHoldersOfHalfOf)
{
  HeapGrowth growth{ .tgid = 101,
                     .between = 60s,
                     .types = {
                         { "bytes", 90, 50'000, {} },
                         { "shop.Session", 100, 60'000, { { "`shop.KEPT` (list)", 90 } } } } };
  EXPECT_TRUE(is_explained(growth, 100'000));
  EXPECT_FALSE(is_explained(growth, 200'000));
  EXPECT_TRUE(is_explained(growth, 0));
  EXPECT_THAT(outcome_of(growth, 100'000), HasSubstr("100 shop.Session"));
  EXPECT_THAT(outcome_of(growth, 100'000), HasSubstr("held by `shop.KEPT` (list)"));

  growth.types[1].holders.clear();
  EXPECT_FALSE(is_explained(growth, 0));
  EXPECT_THAT(outcome_of(growth, 100'000), HasSubstr("was not found"));

  growth.types.clear();
  EXPECT_FALSE(is_explained(growth, 0));
  EXPECT_THAT(outcome_of(growth, 100 << 10), HasSubstr("No type"));
  EXPECT_THAT(outcome_of(growth, 100 << 10), HasSubstr("100 KiB"));

  growth.gap = "it is gone";
  EXPECT_FALSE(is_explained(growth, 0));
  EXPECT_THAT(outcome_of(growth, 0), HasSubstr("it is gone"));
}

} // namespace
} // namespace linger::diagnose
