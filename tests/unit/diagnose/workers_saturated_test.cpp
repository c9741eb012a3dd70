#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;
using domain::Severity;

std::vector<Finding> saturated(const Report &report)
{
  return of_rule(diagnose(report, {}), "workers-saturated");
}

/// Two sync workers that sleep all the time, and connections that wait for them.
Report full_of_sleepers(domain::Nanos accept_queue)
{
  Report report = report_of(2, 0.98);
  add_endpoint(
      report, "/nap/{}", 160,
      { { Cause::sleep, 120ms }, { Cause::on_cpu, 2ms }, { Cause::accept_queue, accept_queue } });
  return report;
}

TEST(WorkersSaturatedTest, SaysThatAllWorkersWaitAndHowManyThreadsItTakes)
{
  const auto findings = saturated(full_of_sleepers(300ms));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.id, "workers-saturated:100:");
  EXPECT_EQ(finding.severity, Severity::critical);
  EXPECT_TRUE(finding.endpoints.empty());
  EXPECT_NEAR(cited(finding, "utilization of the workers"), 0.98, 1e-9);
  EXPECT_NEAR(cited(finding, "accept queue, p90"), 300e6, 3e6);
  // 1.96 busy on average / 0.7 = 2.8, so 3 threads: two for each worker.
  EXPECT_NE(finding.remedy.find("--worker-class gthread --workers 2 --threads 2"),
            std::string::npos)
      << finding.remedy;
}

TEST(WorkersSaturatedTest, RaisesTheThreadsOfAThreadedServer)
{
  Report report = report_of(2, 1.0);
  report.servers[0].server.worker_class = "gthread";
  report.servers[0].server.threads_per_worker = 4;
  add_endpoint(report, "/nap/{}", 600, { { Cause::sleep, 120ms } });

  ASSERT_EQ(saturated(report).size(), 1U);
  // 8 busy / 0.7 = 11.4
  EXPECT_NE(saturated(report)[0].remedy.find("--workers 2 --threads 6"), std::string::npos)
      << saturated(report)[0].remedy;
}

TEST(WorkersSaturatedTest, AdvisesUwsgiInItsOwnWords)
{
  Report report = report_of(2, 1.0);
  report.servers[0].server.kind = domain::ServerKind::uwsgi;
  report.servers[0].server.worker_class = "processes";
  add_endpoint(report, "/nap/{}", 600, { { Cause::sleep, 120ms } });

  ASSERT_EQ(saturated(report).size(), 1U);
  EXPECT_NE(saturated(report)[0].remedy.find("start it with --processes 2 --threads 2"),
            std::string::npos)
      << saturated(report)[0].remedy;
  EXPECT_EQ(saturated(report)[0].remedy.find("gthread"), std::string::npos);
}

TEST(WorkersSaturatedTest, AdvisesNoMoreThreadsThanCanBeCounted)
{
  Report report = report_of(2, 1.0);
  report.servers[0].server.worker_class = "gthread";
  report.servers[0].server.threads_per_worker = 4'000'000'000;
  add_endpoint(report, "/nap/{}", 600, { { Cause::sleep, 120ms } });

  ASSERT_EQ(saturated(report).size(), 1U);
  EXPECT_NE(saturated(report)[0].remedy.find("would need about 4294967295"), std::string::npos)
      << saturated(report)[0].remedy;
}

TEST(WorkersSaturatedTest, AdvisesWorkersWhenThreadsWouldWaitForEachOther)
{
  Report report = report_of(2, 1.0);
  add_endpoint(report, "/x", 160, { { Cause::lock, 120ms }, { Cause::on_cpu, 2ms } });

  ASSERT_EQ(saturated(report).size(), 1U);
  EXPECT_NE(saturated(report)[0].remedy.find("start it with --workers 3"), std::string::npos);
  EXPECT_EQ(saturated(report)[0].remedy.find("gthread"), std::string::npos);
}

TEST(WorkersSaturatedTest, IsAWarningWhenNobodyQueuesYet)
{
  ASSERT_EQ(saturated(full_of_sleepers(0ms)).size(), 1U);
  EXPECT_EQ(saturated(full_of_sleepers(0ms))[0].severity, Severity::warning);
}

TEST(WorkersSaturatedTest, SpeaksOfALongQueueBeforeTheWorkersAreFull)
{
  Report report = report_of(2, 0.6);
  add_endpoint(report, "/nap/{}", 100, { { Cause::sleep, 120ms }, { Cause::accept_queue, 50ms } });

  ASSERT_EQ(saturated(report).size(), 1U);
  EXPECT_EQ(saturated(report)[0].severity, Severity::warning);
}

TEST(WorkersSaturatedTest, CountsWhatRequestsWaitForAThreadInsideOfAWorker)
{
  // gthread deals connections out unevenly: one worker has a queue while another has time.
  for (const auto &[queued, speaks] : { std::pair{ 80ms, true }, std::pair{ 4ms, false } }) {
    Report report = report_of(2, 0.7);
    report.servers[0].server.worker_class = "gthread";
    report.servers[0].server.threads_per_worker = 2;
    add_endpoint(report, "/nap/{}", 240,
                 { { Cause::sleep, 110ms }, { Cause::event_loop, queued } });
    EXPECT_EQ(saturated(report).size(), speaks ? 1U : 0U);
  }
}

TEST(WorkersSaturatedTest, CountsTheWorkOfWorkersThatWereReplaced)
{
  Report report = report_of(2, 0.5);
  report.servers[0].workers.push_back(
      { .tgid = 90, .state = domain::WorkerState::exited, .utilization = 0.9 });
  add_endpoint(report, "/nap/{}", 160, { { Cause::sleep, 120ms } });

  EXPECT_EQ(saturated(report).size(), 1U);
}

TEST(WorkersSaturatedTest, IsSilentWhenTheRequestsNeedTheCpu)
{
  Report report = report_of(2, 1.0);
  add_endpoint(
      report, "/burn", 100,
      { { Cause::on_cpu, 60ms }, { Cause::run_queue, 60ms }, { Cause::accept_queue, 1s } });

  EXPECT_TRUE(saturated(report).empty());
}

TEST(WorkersSaturatedTest, IsSilentWhenWorkersHaveTimeLeft)
{
  Report report = report_of(2, 0.6);
  add_endpoint(report, "/nap/{}", 100, { { Cause::sleep, 120ms }, { Cause::accept_queue, 1ms } });

  EXPECT_TRUE(saturated(report).empty());
}

TEST(WorkersSaturatedTest, IsSilentWithoutLoad)
{
  Report report = report_of(2, 1.0);
  add_endpoint(report, "/nap/{}", 19, { { Cause::sleep, 1s } });

  EXPECT_TRUE(saturated(report).empty());
}

TEST(WorkersSaturatedTest, DoesNotJudgeEventLoopsByTheirOpenRequests)
{
  Report report = full_of_sleepers(300ms);
  report.servers[0].server.worker_class = "gevent";

  EXPECT_TRUE(saturated(report).empty());
}

} // namespace
} // namespace linger::diagnose
