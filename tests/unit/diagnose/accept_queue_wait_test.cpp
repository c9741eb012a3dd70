#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;
using domain::Severity;

std::vector<Finding> queued(const Report &report, const Thresholds &thresholds = {})
{
  return of_rule(diagnose(report, thresholds), "accept-queue-wait");
}

/// One worker that computes all the time, on a host of 4 CPUs that others use.
Report computing(domain::Nanos accept_queue)
{
  Report report = report_of(1, 0.98);
  report.coverage.host_cpu = report.coverage.host_busy = 40s;
  add_endpoint(report, "/burn/{}", 320,
               { { Cause::on_cpu, 30ms }, { Cause::accept_queue, accept_queue } });
  return report;
}

/// A worker with time left, of which bursts ask too much.
Report bursts(std::uint64_t dropped)
{
  Report report = report_of(1, 0.2);
  add_endpoint(report, "/hello", 400, { { Cause::on_cpu, 2ms }, { Cause::accept_queue, 100us } });
  report.servers[0].listen_queues = {
    { .address = "127.0.0.1:8000", .max_length = 5, .limit = 4, .dropped = dropped },
    { .address = "127.0.0.1:8001", .limit = 4 }
  };
  return report;
}

TEST(AcceptQueueWaitTest, SaysHowLongConnectionsWaitForAWorkerThatComputes)
{
  const auto findings = queued(computing(90ms));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.id, "accept-queue-wait:100:");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_NEAR(cited(finding, "accept queue, p90"), 90e6, 1e6);
  EXPECT_NEAR(cited(finding, "part of the requests' time"), 0.75, 1e-9);
  EXPECT_NE(finding.remedy.find("start it with --workers 2"), std::string::npos) << finding.remedy;
  EXPECT_NE(finding.remedy.find("GET /burn/{} takes most of the workers' time, 30.0 ms"),
            std::string::npos)
      << finding.remedy;
}

TEST(AcceptQueueWaitTest, AdvisesNoMoreWorkersThanThereAreCpus)
{
  Report report = computing(90ms);
  report.coverage.host_cpu = 10s;

  ASSERT_EQ(queued(report).size(), 1U);
  EXPECT_EQ(queued(report)[0].remedy.find("--workers"), std::string::npos);
  EXPECT_NE(queued(report)[0].remedy.find("1 workers on 1 CPUs already"), std::string::npos)
      << queued(report)[0].remedy;
}

TEST(AcceptQueueWaitTest, SaysThatTheBacklogOverflows)
{
  const auto findings = queued(bursts(25));

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::critical);
  EXPECT_EQ(cited(findings[0], "connections turned away"), 25);
  EXPECT_EQ(cited(findings[0], "backlog of 127.0.0.1:8000"), 4);
  EXPECT_NE(findings[0].remedy.find("--backlog 2048"), std::string::npos) << findings[0].remedy;
}

TEST(AcceptQueueWaitTest, AdvisesNoLongerBacklogToWorkersThatHaveNoTime)
{
  Report report = report_of(1, 1.0);
  report.servers[0].listen_queues = { { .address = "127.0.0.1:8000", .limit = 4, .dropped = 30 } };

  ASSERT_EQ(queued(report).size(), 1U);
  EXPECT_EQ(queued(report)[0].remedy.find("--backlog"), std::string::npos);
  EXPECT_NE(queued(report)[0].remedy.find("would only be a longer wait"), std::string::npos);
}

TEST(AcceptQueueWaitTest, AdvisesUwsgiInItsOwnWords)
{
  Report report = bursts(25);
  report.servers[0].server.kind = domain::ServerKind::uwsgi;

  ASSERT_EQ(queued(report).size(), 1U);
  EXPECT_NE(queued(report)[0].remedy.find("--listen 2048"), std::string::npos);
}

TEST(AcceptQueueWaitTest, IsSilentAboutFewConnectionsThatWereTurnedAway)
{
  EXPECT_TRUE(queued(bursts(9)).empty());
  EXPECT_TRUE(queued(bursts(0)).empty());
}

TEST(AcceptQueueWaitTest, IsSilentAboutShortQueues)
{
  EXPECT_TRUE(queued(computing(9ms)).empty());
  EXPECT_TRUE(queued(computing(90ms), { .queue_min_ratio = 0.8 }).empty());
  EXPECT_TRUE(queued(computing(90ms), { .queue_min_connections = 321 }).empty());
}

TEST(AcceptQueueWaitTest, LeavesWorkersThatWaitToWorkersSaturated)
{
  Report report = report_of(1, 0.98);
  add_endpoint(report, "/nap/{}", 80, { { Cause::sleep, 120ms }, { Cause::accept_queue, 1s } });
  report.servers[0].listen_queues = { { .address = "127.0.0.1:8000", .limit = 4, .dropped = 30 } };

  EXPECT_TRUE(queued(report).empty());
  const auto saturated = of_rule(diagnose(report, {}), "workers-saturated");
  ASSERT_EQ(saturated.size(), 1U);
  EXPECT_EQ(cited(saturated[0], "connections turned away"), 30);
  EXPECT_NE(saturated[0].detail.find("turned 30 attempts to connect away"), std::string::npos);
}

TEST(AcceptQueueWaitTest, LeavesWorkersThatLackACpuToCpuOvercommitted)
{
  Report report = report_of(4, 0.98);
  add_endpoint(
      report, "/burn/{}", 320,
      { { Cause::on_cpu, 30ms }, { Cause::run_queue, 30ms }, { Cause::accept_queue, 90ms } });

  EXPECT_TRUE(queued(report).empty());
  EXPECT_EQ(of_rule(diagnose(report, {}), "cpu-overcommitted").size(), 1U);
}

TEST(AcceptQueueWaitTest, LeavesALoopThatIsHeldUpToBlockedEventLoop)
{
  Report report = report_of(1, 0.98);
  report.servers[0].server.worker_class = "gevent";
  add_endpoint(
      report, "/burn/{}", 320,
      { { Cause::on_cpu, 30ms }, { Cause::event_loop, 60ms }, { Cause::accept_queue, 90ms } });

  EXPECT_TRUE(queued(report).empty());
  EXPECT_EQ(of_rule(diagnose(report, {}), "blocked-event-loop").size(), 1U);
}

} // namespace
} // namespace linger::diagnose
