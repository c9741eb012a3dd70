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
  Report report = report_of(2, 0.5);
  add_endpoint(report, "/cart", 100, { { Cause::cache, 10ms } });

  EXPECT_TRUE(diagnose(report, {}).empty());
  EXPECT_EQ(diagnose(report, { .blocking_min_mean_ns = 5'000'000 }).size(), 1U);
}

} // namespace
} // namespace linger::diagnose
