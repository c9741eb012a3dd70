#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::EndpointReport;
using domain::Finding;
using domain::Report;
using domain::Severity;

std::vector<Finding> slow(const Report &report, const Thresholds &thresholds = {})
{
  return of_rule(diagnose(report, thresholds), "slow-client");
}

Report waiting(Cause cause, domain::Nanos wait, std::uint64_t local = 0)
{
  Report report = report_of(2, 0.5);
  EndpointReport &endpoint =
      add_endpoint(report, "/file", 40, { { cause, wait }, { Cause::on_cpu, 2ms } });
  endpoint.local_clients = local;
  return report;
}

TEST(SlowClientTest, AdvisesAProxyWhereThereIsNone)
{
  const auto findings = slow(waiting(Cause::client_write, 100ms));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(cited(finding, "client_write per request, mean"), 100e6);
  EXPECT_EQ(cited(finding, "part of the server's worker time"), 0.2);
  EXPECT_NE(finding.title.find("take the response"), std::string::npos);
  EXPECT_NE(finding.remedy.find("Put a proxy in front"), std::string::npos);
  EXPECT_NE(finding.remedy.find("proxy_buffering on"), std::string::npos);
  EXPECT_NE(finding.remedy.find("--worker-class gthread"), std::string::npos);
}

TEST(SlowClientTest, AdvisesBufferingWhereAProxyMayBe)
{
  const auto findings = slow(waiting(Cause::client_read, 100ms, 40));

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].title.find("send the request"), std::string::npos);
  EXPECT_EQ(findings[0].remedy.find("Put a proxy in front"), std::string::npos);
  EXPECT_NE(findings[0].remedy.find("proxy_request_buffering on"), std::string::npos);
  EXPECT_NE(slow(waiting(Cause::client_read, 100ms, 39))[0].remedy.find("Put a proxy in front"),
            std::string::npos);
}

TEST(SlowClientTest, IsCriticalWhenTheServerIsSaturated)
{
  Report report = waiting(Cause::client_write, 400ms);
  for (auto &worker : report.servers[0].workers)
    worker.utilization = 0.99;

  ASSERT_EQ(slow(report).size(), 1U);
  EXPECT_EQ(slow(report)[0].severity, Severity::critical);
}

TEST(SlowClientTest, IsWorthKnowingOnlyWhenItTakesHardlyAnyWorkerTime)
{
  Report report = report_of(2, 0.1);
  add_endpoint(report, "/file", 10, { { Cause::client_write, 30ms }, { Cause::on_cpu, 2ms } });

  ASSERT_EQ(slow(report).size(), 1U);
  EXPECT_EQ(slow(report)[0].severity, Severity::info);
}

TEST(SlowClientTest, IsSilentAboutClientsThatKeepUp)
{
  EXPECT_TRUE(slow(waiting(Cause::client_write, 15ms)).empty());
  EXPECT_TRUE(slow(waiting(Cause::database, 100ms)).empty());
  Report partly = waiting(Cause::client_write, 30ms);
  partly.endpoints[0].times[Cause::database] += 40 * 40ms;
  EXPECT_TRUE(slow(partly).empty()) << "less than half of the time";
  EXPECT_TRUE(slow(waiting(Cause::client_write, 100ms), { .client_min_requests = 41 }).empty());
}

TEST(SlowClientTest, IsSilentWhereAClientHoldsNoWorker)
{
  Report report = waiting(Cause::client_write, 100ms);
  report.servers[0].server.worker_class = "gevent";

  EXPECT_TRUE(slow(report).empty());
}

} // namespace
} // namespace linger::diagnose
