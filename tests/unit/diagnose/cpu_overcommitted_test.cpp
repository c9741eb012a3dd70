#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;
using domain::Severity;

std::vector<Finding> overcommitted(const Report &report, const Thresholds &thresholds = {})
{
  return of_rule(diagnose(report, thresholds), "cpu-overcommitted");
}

/// Workers that compute, on a host of 2 CPUs.
Report computing(std::uint32_t workers, domain::Nanos on_cpu, domain::Nanos run_queue)
{
  Report report = report_of(workers, 0.98);
  report.coverage.host_cpu = 20s;
  add_endpoint(report, "/burn/{}", 640,
               { { Cause::on_cpu, on_cpu }, { Cause::run_queue, run_queue } });
  return report;
}

/// Its worker may use a fifth of a CPU.
Report limited()
{
  Report report = computing(1, 3ms, 12ms);
  domain::WorkerReport &worker = report.servers[0].workers[0];
  worker.times = report.endpoints[0].times;
  worker.throttled = 640 * 11ms;
  worker.cpu_limit = { .group = "/web",
                       .quota = 20ms,
                       .period = 100ms,
                       .periods = 100,
                       .throttled_periods = 96,
                       .throttled = 8s };
  return report;
}

TEST(CpuOvercommittedTest, SaysThatMoreWorkersComputeThanThereAreCpus)
{
  const auto findings = overcommitted(computing(8, 30ms, 80ms));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.id, "cpu-overcommitted:100:");
  EXPECT_EQ(finding.severity, Severity::critical);
  EXPECT_EQ(cited(finding, "waiting for a CPU per request, mean"), 80e6);
  EXPECT_NEAR(cited(finding, "part of the time in a worker"), 80.0 / 110, 1e-9);
  EXPECT_NEAR(cited(finding, "CPUs of the host"), 2, 1e-9);
  EXPECT_NE(finding.remedy.find("8 requests at a time are more than 2 CPUs can compute"),
            std::string::npos)
      << finding.remedy;
  EXPECT_NE(finding.remedy.find("--workers 2"), std::string::npos) << finding.remedy;
}

TEST(CpuOvercommittedTest, NamesTheLimitThatStopsTheWorkers)
{
  ASSERT_EQ(overcommitted(limited()).size(), 1U);
  const Finding finding = overcommitted(limited())[0];
  EXPECT_NE(
      finding.detail.find("Control group /web may use 0.20 CPUs and was stopped in 96 of 100"),
      std::string::npos)
      << finding.detail;
  // 640 times 15 ms in 10 s are 0.96.
  EXPECT_NE(finding.remedy.find("with 1.0 CPUs no request would have waited"), std::string::npos)
      << finding.remedy;
  EXPECT_NEAR(cited(finding, "limit of /web"), 0.2, 1e-9);
}

TEST(CpuOvercommittedTest, DoesNotBlameALimitForLittleOfTheWait)
{
  Report report = limited();
  report.servers[0].workers[0].throttled = 640 * 5ms;

  ASSERT_EQ(overcommitted(report).size(), 1U);
  EXPECT_EQ(overcommitted(report)[0].detail.find("/web"), std::string::npos);
}

TEST(CpuOvercommittedTest, SaysWhenOthersTakeTheCpus)
{
  const auto findings = overcommitted(computing(1, 5ms, 10ms));

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].remedy.find("Something else takes most of the host's 2 CPUs"),
            std::string::npos)
      << findings[0].remedy;
}

TEST(CpuOvercommittedTest, SaysSoOfEventLoopsToo)
{
  Report report = limited();
  report.servers[0].server.worker_class = "gevent";
  report.servers[0].workers[0].throttled = 0ms; // not known of them

  ASSERT_EQ(overcommitted(report).size(), 1U);
  EXPECT_NE(overcommitted(report)[0].detail.find("Control group /web"), std::string::npos);
}

TEST(CpuOvercommittedTest, NamesTheLineThatComputes)
{
  Report report = computing(8, 30ms, 80ms);
  report.endpoints[0].sites.push_back(
      { .cause = Cause::on_cpu, .code = "shop/images.py:12 in scale" });

  ASSERT_EQ(overcommitted(report).size(), 1U);
  EXPECT_NE(overcommitted(report)[0].detail.find(
                "GET /burn/{} uses most CPU time, 30.0 ms a request, most of it at "
                "shop/images.py:12 in scale."),
            std::string::npos)
      << overcommitted(report)[0].detail;
}

TEST(CpuOvercommittedTest, IsSilentWhenTheWaitIsShortOrASmallPart)
{
  EXPECT_TRUE(overcommitted(computing(2, 4ms, 4ms)).empty());
  EXPECT_TRUE(overcommitted(computing(2, 30ms, 9ms)).empty());
  EXPECT_TRUE(overcommitted(computing(8, 30ms, 80ms), { .cpu_min_requests = 641 }).empty());
}

TEST(CpuOvercommittedTest, DoesNotKnowTheCpusOfEveryHost)
{
  Report report = computing(8, 30ms, 80ms);
  report.coverage.host_cpu = 0s;

  ASSERT_EQ(overcommitted(report).size(), 1U);
  EXPECT_EQ(cited(overcommitted(report)[0], "CPUs of the host"), -1);
}

} // namespace
} // namespace linger::diagnose
