// What requests write to the variables of modules.

#include "diagnose/diagnose.h"
#include "diagnose/rules.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::GlobalUse;
using domain::GlobalWriter;
using domain::LookCount;
using domain::Report;

/// Overwritten in 40 looks of the 60 with requests, and in none of 40 without.
GlobalUse overwritten_variable()
{
  return { .name = "shop.CURRENT",
           .type = "shop.User",
           .rebound = { 40, 0 },
           .rebound_by = { "GET /login", 42, 40 } };
}

GlobalUse growing_variable()
{
  return { .name = "shop.SEEN",
           .type = "list",
           .grown = { 40, 0 },
           .items_more = 200,
           .items_more_late = 100,
           .items = 900,
           .grown_by = { "GET /login", 42, 40 } };
}

Report using_globals(const GlobalUse &use, LookCount looks = { 100, 40 }, std::uint32_t threads = 4)
{
  Report report = report_of(1, 0.1);
  report.servers[0].server.threads_per_worker = threads;
  report.servers[0].workers[0].globals =
      domain::GlobalsReport{ .looks = looks, .variables = { use } };
  return report;
}

template <typename Rule>
std::vector<Finding> of(Rule rule, const Report &report)
{
  return rule(server_loads(report).front(), Thresholds{});
}

TEST(GlobalStateWrittenTest, NamesVariableAndEndpoint)
{
  const auto findings = of(global_state_written_by_requests, using_globals(overwritten_variable()));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].id, "global-state-written-by-requests:100:GET /login:shop.CURRENT");
  EXPECT_EQ(findings[0].title, "Requests overwrite shop.CURRENT, which other requests see");
  EXPECT_EQ(
      findings[0].detail,
      "In worker 101 the variable shop.CURRENT (shop.User) held something else than before in "
      "40 of the 60 looks that found requests (always with GET /login, which 42 of them "
      "found), and in 0 of 40 without any. The worker serves 4 requests at a time: what one "
      "request writes there, another one reads.");
  EXPECT_EQ(findings[0].endpoints, std::vector<std::string>{ "GET /login" });
  EXPECT_EQ(findings[0].evidence.size(), 3U);
}

TEST(GlobalStateWrittenTest, IsSilentWhereOneRequestIsServedAtATime)
{
  Report report = using_globals(overwritten_variable(), { 100, 40 }, 1);
  EXPECT_TRUE(of(global_state_written_by_requests, report).empty());
  report.servers[0].server.worker_class = "gevent";
  EXPECT_EQ(of(global_state_written_by_requests, report).size(), 1U);
}

TEST(GlobalStateWrittenTest, IsSilentAboutWhatIsSetOnce)
{
  GlobalUse lazy = overwritten_variable();
  lazy.rebound = { 4, 0 };
  lazy.rebound_by = { "GET /login", 4, 4 };
  EXPECT_TRUE(of(global_state_written_by_requests, using_globals(lazy)).empty());
}

TEST(GlobalStateWrittenTest, IsSilentAboutCountersAndTimes)
{
  GlobalUse counter = overwritten_variable();
  counter.rises = 40;
  EXPECT_TRUE(of(global_state_written_by_requests, using_globals(counter)).empty());
}

TEST(GlobalStateWrittenTest, IsSilentAboutWhatIsWrittenWithoutRequestsToo)
{
  GlobalUse heartbeat = overwritten_variable();
  heartbeat.rebound = { 60, 20 };
  EXPECT_TRUE(of(global_state_written_by_requests, using_globals(heartbeat)).empty());
  // As often in the few looks without requests as in the many with them.
  heartbeat.rebound = { 80, 8 };
  heartbeat.rebound_by = {};
  EXPECT_TRUE(of(global_state_written_by_requests, using_globals(heartbeat, { 100, 10 })).empty());
}

TEST(GlobalStateWrittenTest, AsksForMoreWhereThereWasAlwaysARequest)
{
  GlobalUse use = overwritten_variable();
  use.rebound_by = { "GET /login", 100, 40 };
  EXPECT_TRUE(of(global_state_written_by_requests, using_globals(use, { 100, 5 })).empty());
  EXPECT_EQ(of(global_state_written_by_requests, using_globals(use)).size(), 1U);
}

TEST(GlobalStateWrittenTest, NamesTheMostOftenWrittenOfMany)
{
  Report report = using_globals(overwritten_variable());
  auto &variables = report.servers[0].workers[0].globals->variables;
  for (std::uint64_t i = 0; i < 9; ++i) {
    GlobalUse more = overwritten_variable();
    more.name += std::to_string(i);
    more.rebound.all = 41 + i;
    variables.push_back(more);
  }
  const auto findings = of(global_state_written_by_requests, report);
  ASSERT_EQ(findings.size(), 5U);
  EXPECT_TRUE(findings[0].id.ends_with("shop.CURRENT8"));
}

TEST(GlobalStateGrowsTest, NamesTheContainer)
{
  const auto findings = of(global_state_grows, using_globals(growing_variable(), { 100, 40 }, 1));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].id, "global-state-grows:100:GET /login:shop.SEEN");
  EXPECT_EQ(findings[0].title, "shop.SEEN grows with requests");
  EXPECT_EQ(findings[0].detail,
            "In worker 101 the list in shop.SEEN had more items than before in 40 of the 60 looks "
            "that found requests (always with GET /login, which 42 of them found), and in 0 of 40 "
            "without any: 200 more in all, 100 of them in the later half, and 0 fewer at times. It "
            "held 900 when it last changed.");
}

TEST(GlobalStateGrowsTest, IsSilentAboutWhatReachesACeilingOrIsEmptied)
{
  GlobalUse full = growing_variable();
  full.items_more_late = 20;
  EXPECT_TRUE(of(global_state_grows, using_globals(full)).empty());
  GlobalUse emptied = growing_variable();
  emptied.items_less = 150;
  EXPECT_TRUE(of(global_state_grows, using_globals(emptied)).empty());
  GlobalUse replaced = growing_variable();
  replaced.rebound = { 3, 0 };
  EXPECT_TRUE(of(global_state_grows, using_globals(replaced)).empty());
  GlobalUse small = growing_variable();
  small.items_more = 49;
  EXPECT_TRUE(of(global_state_grows, using_globals(small)).empty());
}

/// /login keeps 30 KiB per request.
Report keeping(const std::string &holder)
{
  Report report = using_globals(growing_variable());
  add_endpoint(report, "/login", 1000, {});
  domain::EndpointMemory &memory = report.endpoints[0].memory;
  memory.tier = domain::MemoryTier::growth;
  memory.allocated_bytes = 40'000'000;
  memory.retained_bytes_per_request = 30'000;
  memory.low = memory.late_low = 29'000;
  memory.high = memory.late_high = 31'000;
  report.servers[0].workers[0].heap_growth = domain::HeapGrowth{
    .tgid = 101, .between = 9s, .types = { { "dict", 900, 90'000, { { holder, 900 } } } }
  };
  return report;
}

TEST(GlobalStateGrowsTest, ExplainsTheMemoryThatItsRequestsKeep)
{
  const auto findings = diagnose(keeping("`shop.SEEN` (list) -> dict"), Thresholds{});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].rule, "global-state-grows");
  EXPECT_EQ(findings[1].rule, "memory-retained");
  EXPECT_EQ(findings[1].explained_by, std::vector<std::string>{ findings[0].id });
}

TEST(GlobalStateGrowsTest, ExplainsByTheHolderWhereNoEndpointStandsOut)
{
  Report report = keeping("`shop.SEEN` (list) -> dict");
  report.servers[0].workers[0].globals->variables[0].grown_by = {};
  EXPECT_EQ(diagnose(report, Thresholds{}).at(1).explained_by.size(), 1U);
  report.servers[0].workers[0].heap_growth->types[0].holders[0].text = "`shop.OTHER` (list)";
  for (const Finding &finding : diagnose(report, Thresholds{}))
    EXPECT_TRUE(finding.explained_by.empty());
}

} // namespace
} // namespace linger::diagnose
