#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;

std::vector<Finding> near_timeout(const Report &report)
{
  return of_rule(diagnose(report, {}), "request-near-timeout");
}

/// A sync worker of Gunicorn with --timeout 30, and an endpoint whose longest request had it so
/// long.
Report report_with(domain::Nanos longest)
{
  Report report = report_of(2, 0.1);
  report.servers[0].server.timeout_seconds = 30;
  auto &pay = add_endpoint(report, "/pay", 3, { { Cause::upstream, 2s } });
  pay.wall_ns.add(static_cast<std::uint64_t>(longest.count()));
  pay.sites.push_back({ .cause = Cause::upstream,
                        .what = "10.0.0.7:443",
                        .code = "shop/pay.py:12 in charge",
                        .waits = 3,
                        .max = longest - 100ms,
                        .requests = 3 });
  add_endpoint(report, "/hello", 40, { { Cause::on_cpu, 1ms } });
  return report;
}

TEST(RequestNearTimeoutTest, NamesTheEndpointTheLineAndTheOption)
{
  const auto findings = near_timeout(report_with(25s));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.id, "request-near-timeout:100:");
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "GET /pay" });
  EXPECT_EQ(cited(finding, "longest request of GET /pay"), 25e9);
  EXPECT_EQ(cited(finding, "--timeout"), 30e9);
  EXPECT_NE(finding.detail.find("shop/pay.py:12 in charge"), std::string::npos) << finding.detail;
  EXPECT_NE(finding.remedy.find("--worker-class gthread"), std::string::npos) << finding.remedy;
}

TEST(RequestNearTimeoutTest, IsSilentFarFromIt)
{
  EXPECT_TRUE(near_timeout(report_with(23s)).empty());
}

TEST(RequestNearTimeoutTest, DoesNotCountTheTimeInTheBacklog)
{
  Report report = report_with(25s);
  report.endpoints[0].accept_queue_ns.add(20'000'000'000);
  EXPECT_TRUE(near_timeout(report).empty());
}

TEST(RequestNearTimeoutTest, SpeaksOfServersWhoseRequestsHaveALimitOnly)
{
  Report report = report_with(25s);
  domain::Server &server = report.servers[0].server;
  server.worker_class = "gthread";
  EXPECT_TRUE(near_timeout(report).empty());
  server.worker_class = "gevent";
  EXPECT_TRUE(near_timeout(report).empty());
  server = { .master_tgid = 100,
             .kind = domain::ServerKind::uwsgi,
             .worker_class = "processes",
             .timeout_seconds = 30 };
  ASSERT_EQ(near_timeout(report).size(), 1U);
  EXPECT_NE(near_timeout(report)[0].title.find("--harakiri"), std::string::npos);
  server.timeout_seconds = 0;
  EXPECT_TRUE(near_timeout(report).empty());
}

TEST(RequestNearTimeoutTest, LeavesItToWorkerTimeoutWhereItHasStruck)
{
  Report report = report_with(25s);
  report.servers[0].workers[0].end = {
    .wait_status = 9, .signal = 6, .sender_tgid = 100, .by_master = true, .lost = {}
  };
  report.servers[0].workers[0].state = domain::WorkerState::exited;
  EXPECT_TRUE(near_timeout(report).empty());
  EXPECT_EQ(of_rule(diagnose(report, {}), "worker-timeout").size(), 1U);
}

} // namespace
} // namespace linger::diagnose
