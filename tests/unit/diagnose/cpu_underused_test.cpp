#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;

/// One sync worker that computes all the time, on a host of four CPUs, and connections that wait.
Report one_that_computes(domain::Nanos queue = 60ms, domain::Nanos waiting = 1ms)
{
  Report report = report_of(1, 0.98);
  report.coverage.host_cpu = 40s;
  report.coverage.host_busy = 15s; // 9.6 s of it the requests'
  add_endpoint(
      report, "/compute", 320,
      { { Cause::on_cpu, 30ms }, { Cause::sleep, waiting }, { Cause::accept_queue, queue } });
  return report;
}

std::vector<Finding> underused(const Report &report)
{
  return of_rule(diagnose(report, {}), "cpu-underused");
}

TEST(CpuUnderusedTest, SaysHowManyCpusAreIdleAndWhatToStart)
{
  const Report report = one_that_computes();
  const auto findings = underused(report);

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_NEAR(cited(finding, "CPUs with nothing to do, mean"), 4 - 1.5, 1e-9);
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "GET /compute" });
  EXPECT_NE(finding.remedy.find("--workers 4"), std::string::npos) << finding.remedy;
  // One finding for one cause.
  EXPECT_TRUE(of_rule(diagnose(report, {}), "accept-queue-wait").empty());
  EXPECT_TRUE(of_rule(diagnose(report, {}), "workers-saturated").empty());
}

TEST(CpuUnderusedTest, SaysNothingWhereNoRequestWaitsForAWorker)
{
  EXPECT_TRUE(underused(one_that_computes(1ms)).empty());
}

TEST(CpuUnderusedTest, SaysNothingWhereTheWorkersWait)
{
  EXPECT_TRUE(underused(one_that_computes(60ms, 40ms)).empty());
}

TEST(CpuUnderusedTest, SaysNothingWhereTheCpusAreBusyOrNotKnown)
{
  Report report = one_that_computes();
  report.coverage.host_busy = 38s;
  EXPECT_TRUE(underused(report).empty());
  report.coverage.host_cpu = report.coverage.host_busy = {};
  EXPECT_TRUE(underused(report).empty());
}

TEST(CpuUnderusedTest, SaysNothingWhereALimitKeepsTheWorkersFromThem)
{
  Report report = one_that_computes();
  report.servers[0].workers[0].cpu_limit =
      domain::CpuLimitReport{ .group = "/shop", .quota = 100ms, .period = 100ms };
  EXPECT_TRUE(underused(report).empty());
}

TEST(CpuUnderusedTest, LeavesThreadsThatShareAnInterpreterToGilContention)
{
  Report report = one_that_computes();
  report.servers[0].server.worker_class = "gthread";
  report.servers[0].server.threads_per_worker = 4;
  report.endpoints[0].times[Cause::gil] = 320 * 30ms;
  EXPECT_TRUE(underused(report).empty());
  EXPECT_EQ(of_rule(diagnose(report, {}), "gil-contention").size(), 1U);
}

} // namespace
} // namespace linger::diagnose
