#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;

std::vector<Finding> contended(const Report &report, const Thresholds &thresholds = {})
{
  return of_rule(diagnose(report, thresholds), "gil-contention");
}

/// One worker with four threads that compute, on a host of four CPUs: nearly one of them at work.
Report computing(domain::Nanos on_cpu, domain::Nanos gil, domain::Nanos run_queue = 0ms)
{
  Report report = report_of(1, 0.98);
  report.servers[0].server.worker_class = "gthread";
  report.servers[0].server.threads_per_worker = 4;
  report.coverage.host_cpu = 40s;
  auto &endpoint = add_endpoint(
      report, "/compute", 300,
      { { Cause::on_cpu, on_cpu }, { Cause::gil, gil }, { Cause::run_queue, run_queue } });
  endpoint.sites = { { .cause = Cause::on_cpu, .what = "", .code = "app.py:12 in compute" } };
  return report;
}

TEST(GilContentionTest, AdvisesProcessesAndNamesWhatComputes)
{
  const auto findings = contended(computing(30ms, 90ms));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.severity, domain::Severity::critical);
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "GET /compute" });
  EXPECT_NE(finding.detail.find("app.py:12 in compute"), std::string::npos);
  EXPECT_EQ(cited(finding, "waiting for the GIL per request, mean"), 90e6);
  EXPECT_EQ(cited(finding, "part of the time in a worker"), 0.75);
  EXPECT_NEAR(cited(finding, "threads that wanted to run Python, mean"), 3.6, 1e-9);
  EXPECT_NE(finding.remedy.find("--workers 4"), std::string::npos) << finding.remedy;
}

TEST(GilContentionTest, AdvisesLessComputingWhereProcessesTakeAllCpus)
{
  Report report = computing(30ms, 90ms);
  report.coverage.host_cpu = 10s;

  ASSERT_EQ(contended(report).size(), 1U);
  EXPECT_NE(contended(report)[0].remedy.find("task queue"), std::string::npos);
  EXPECT_EQ(contended(report)[0].remedy.find("Processes instead"), std::string::npos);
}

TEST(GilContentionTest, IsAWarningBelowHalfOfTheTime)
{
  ASSERT_EQ(contended(computing(30ms, 10ms)).size(), 1U);
  EXPECT_EQ(contended(computing(30ms, 10ms))[0].severity, domain::Severity::warning);
}

TEST(GilContentionTest, IsSilentWhereThreadsHardlyWait)
{
  EXPECT_TRUE(contended(computing(30ms, 7ms)).empty()) << "a small part";
  EXPECT_TRUE(contended(computing(2ms, 4ms)).empty()) << "a short time";
  EXPECT_TRUE(contended(computing(30ms, 0ms)).empty());
}

TEST(GilContentionTest, IsSilentWhereWhoHasTheInterpreterHasNoCpu)
{
  EXPECT_TRUE(contended(computing(30ms, 60ms, 60ms)).empty());
  EXPECT_EQ(contended(computing(30ms, 60ms, 20ms)).size(), 1U);
}

TEST(GilContentionTest, IsSilentAboutFewRequests)
{
  EXPECT_TRUE(contended(computing(30ms, 90ms), { .gil_min_requests = 301 }).empty());
}

} // namespace
} // namespace linger::diagnose
