#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;
using domain::Severity;

std::vector<Finding> mismatched(const Report &report)
{
  return of_rule(diagnose(report, {}), "worker-class-mismatch");
}

Report with_greenlets(const std::vector<std::pair<Cause, domain::Nanos>> &times)
{
  Report report = report_of(1, 1);
  report.servers[0].server.worker_class = "gevent";
  report.coverage.host_cpu = 40s;
  add_endpoint(report, "/work", 200, times);
  return report;
}

TEST(WorkerClassMismatchTest, TellsOfGreenletsThatComputeAndWhatFollowsFromIt)
{
  const Report report = with_greenlets(
      { { Cause::on_cpu, 40ms }, { Cause::event_loop, 120ms }, { Cause::database, 2ms } });
  const auto findings = diagnose(report, {});
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_EQ(findings[0].rule, "worker-class-mismatch");
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_NE(findings[0].remedy.find("--worker-class sync --workers 4"), std::string::npos)
      << findings[0].remedy;
  EXPECT_EQ(findings[1].rule, "blocked-event-loop");
  EXPECT_EQ(findings[1].explained_by, std::vector<std::string>{ findings[0].id });
}

TEST(WorkerClassMismatchTest, SaysNothingOfGreenletsThatWait)
{
  EXPECT_TRUE(mismatched(with_greenlets({ { Cause::on_cpu, 10ms },
                                          { Cause::event_loop, 30ms },
                                          { Cause::database, 100ms } }))
                  .empty());
}

TEST(WorkerClassMismatchTest, SaysNothingWhereACallBlocksTheLoop)
{
  Report report = with_greenlets(
      { { Cause::on_cpu, 20ms }, { Cause::event_loop, 120ms }, { Cause::lock, 60ms } });
  report.endpoints[0].sites = { { .cause = Cause::lock,
                                  .held_loop = true,
                                  .what = "futex",
                                  .waits = 200,
                                  .total = 200 * 60ms,
                                  .requests = 200 } };
  EXPECT_TRUE(mismatched(report).empty());
  EXPECT_EQ(of_rule(diagnose(report, {}), "blocked-event-loop").size(), 1U);
}

TEST(WorkerClassMismatchTest, SaysNothingOfGreenletsThatComputeOneAfterTheOther)
{
  EXPECT_TRUE(
      mismatched(with_greenlets({ { Cause::on_cpu, 40ms }, { Cause::event_loop, 1ms } })).empty());
}

Report with_processes(double utilization, domain::Nanos waiting)
{
  Report report = report_of(4, utilization);
  add_endpoint(report, "/work", 200, { { Cause::on_cpu, 5ms }, { Cause::upstream, waiting } });
  return report;
}

TEST(WorkerClassMismatchTest, TellsWhenProcessesThatWaitWillBeFull)
{
  const auto findings = mismatched(with_processes(0.6, 95ms));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::info);
  // 20 a second keep 60 % busy.
  EXPECT_NEAR(cited(findings[0], "requests per second with all workers busy"), 20 / 0.6, 0.01);
  EXPECT_NE(findings[0].remedy.find("--worker-class gthread --workers 4 --threads 2"),
            std::string::npos)
      << findings[0].remedy;
}

TEST(WorkerClassMismatchTest, SaysNothingWhereWorkersAreIdleFullOrCompute)
{
  EXPECT_TRUE(mismatched(with_processes(0.4, 95ms)).empty());
  EXPECT_TRUE(mismatched(with_processes(0.95, 95ms)).empty()) << "workers-saturated tells of it";
  EXPECT_TRUE(mismatched(with_processes(0.6, 10ms)).empty());
  Report threads = with_processes(0.6, 95ms);
  threads.servers[0].server.worker_class = "gthread";
  threads.servers[0].server.threads_per_worker = 4;
  EXPECT_TRUE(mismatched(threads).empty());
}

} // namespace
} // namespace linger::diagnose
