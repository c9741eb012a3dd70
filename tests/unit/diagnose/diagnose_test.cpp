#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Report;

TEST(DiagnoseTest, FindsNothingInAnEmptyReport)
{
  EXPECT_TRUE(diagnose(Report{}, {}).empty());
  EXPECT_TRUE(diagnose(report_of(4, 0), {}).empty());
}

TEST(DiagnoseTest, FindsNothingInAHealthyServer)
{
  Report report = report_of(4, 0.3);
  add_endpoint(report, "/catalogue", 5000,
               { { Cause::on_cpu, 2ms }, { Cause::database, 3ms }, { Cause::cache, 1ms } });

  EXPECT_TRUE(diagnose(report, {}).empty());
}

TEST(DiagnoseTest, PutsTheMostSevereFirst)
{
  Report report = report_of(2, 0.99);
  add_endpoint(report, "/rare", 6, { { Cause::sleep, 30ms } });
  add_endpoint(report, "/leak", 400, { { Cause::on_cpu, 1ms } }).memory = {
    .allocated_bytes = 400 * 5000,
    .retained_bytes = 400 * 5000,
    .retained_bytes_per_request = 5000,
    .low = 4000,
    .high = 6000,
    .late_low = 4000,
    .late_high = 6000,
    .tier = domain::MemoryTier::growth
  };
  add_endpoint(report, "/nap/{}", 160, { { Cause::sleep, 120ms }, { Cause::accept_queue, 1s } });

  const auto findings = diagnose(report, {});
  ASSERT_EQ(findings.size(), 4U);
  EXPECT_EQ(findings[0].id, "blocking-io-in-request:100:GET /nap/{}");
  EXPECT_EQ(findings[1].rule, "workers-saturated"); // which follows from it
  EXPECT_EQ(findings[2].rule, "memory-retained");
  EXPECT_EQ(findings[3].severity, domain::Severity::info);
}

TEST(DiagnoseTest, KeepsTheServersApart)
{
  Report report = report_of(2, 0.99);
  report.servers.push_back(report.servers[0]);
  report.servers[1].server.master_tgid = 200;
  report.servers[1].workers[0].utilization = 0.1;
  report.servers[1].workers[1].utilization = 0.1;
  add_endpoint(report, "/nap/{}", 160, { { Cause::sleep, 120ms } });
  add_endpoint(report, "/nap/{}", 160, { { Cause::on_cpu, 1ms } }).server = 200;

  for (const domain::Finding &finding : diagnose(report, {}))
    EXPECT_EQ(finding.server, 100U) << finding.id;
}

TEST(DiagnoseTest, SaysNothingOfProcessesThatBelongToNoServer)
{
  Report report = report_of(2, 0.99);
  add_endpoint(report, "/nap/{}", 160, { { Cause::sleep, 120ms } }).server = 0;

  EXPECT_TRUE(diagnose(report, {}).empty());
}

TEST(DiagnoseTest, ObeysTheThresholds)
{
  Report report = report_of(2, 0.4);
  add_endpoint(report, "/cart", 100, { { Cause::cache, 10ms } });

  EXPECT_TRUE(diagnose(report, {}).empty());
  EXPECT_EQ(diagnose(report, { .blocking_min_mean_ns = 5'000'000 }).size(), 1U);
}

Report with_waits(domain::Nanos wait)
{
  Report report = report_of(4, 0.3);
  add_endpoint(report, "/nap/{}", 160, { { Cause::sleep, wait } });
  return report;
}

TEST(CurrentFindingsTest, JudgesWhatIsSoByTheLatestMinutes)
{
  EXPECT_EQ(current_findings(with_waits(120ms), with_waits(1ms), {}).size(), 1U);
  EXPECT_TRUE(current_findings(with_waits(1ms), with_waits(120ms), {}).empty());
}

TEST(CurrentFindingsTest, JudgesWhatAddsUpByEverythingSinceTheStart)
{
  Report since_start = with_waits(1ms);
  since_start.endpoints[0].memory = { .allocated_bytes = 160 * 9000,
                                      .retained_bytes = 160 * 9000,
                                      .retained_bytes_per_request = 9000,
                                      .low = 8000,
                                      .high = 10000,
                                      .late_low = 8000,
                                      .late_high = 10000,
                                      .tier = domain::MemoryTier::growth };

  const auto findings = current_findings(with_waits(120ms), since_start, {});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(of_rule(findings, "memory-retained").size(), 1U);
  EXPECT_EQ(of_rule(findings, "blocking-io-in-request").size(), 1U);
}

TEST(CurrentFindingsTest, TellsOfAWorkerThatEndedForTenMinutes)
{
  Report since_start = with_waits(1ms);
  since_start.window = { domain::MonotonicTime{ 0s }, domain::MonotonicTime{ 24h } };
  constexpr int sigsegv = 11;
  since_start.servers[0].workers.push_back(
      { .tgid = 150,
        .state = domain::WorkerState::exited,
        .end = domain::WorkerEnd{ .time = domain::MonotonicTime{ 24h - 5min },
                                  .wait_status = sigsegv,
                                  .lost = { { .endpoint = "GET /a" } } } });

  const auto told = current_findings(with_waits(1ms), since_start, {});
  ASSERT_EQ(told.size(), 1U);
  EXPECT_EQ(told[0].rule, "worker-crash");
  EXPECT_NEAR(told[0].effect.requests_lost_per_hour, 6, 0.01); // one in ten minutes

  since_start.servers[0].workers.back().end->time = domain::MonotonicTime{ 24h - 11min };
  EXPECT_TRUE(current_findings(with_waits(1ms), since_start, {}).empty());
}

} // namespace
} // namespace linger::diagnose
