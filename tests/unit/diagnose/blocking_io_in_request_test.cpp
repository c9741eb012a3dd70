#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;
using domain::Severity;

std::vector<Finding> blocking(const Report &report)
{
  return of_rule(diagnose(report, {}), "blocking-io-in-request");
}

TEST(BlockingIoInRequestTest, NamesTheEndpointTheCauseAndTheSite)
{
  Report report = report_of(2, 0.5);
  auto &endpoint = add_endpoint(report, "/report/{}", 50,
                                { { Cause::database, 80ms }, { Cause::on_cpu, 10ms } });
  endpoint.sites = { { .cause = Cause::database,
                       .what = "127.0.0.1:5432",
                       .waits = 50,
                       .total = 4s,
                       .max = 95ms,
                       .requests = 50 } };

  const auto findings = blocking(report);
  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.id, "blocking-io-in-request:100:GET /report/{}");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.server, 100U);
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "GET /report/{}" });
  EXPECT_NE(finding.title.find("database"), std::string::npos);
  EXPECT_NE(finding.detail.find("127.0.0.1:5432"), std::string::npos);
  EXPECT_NE(finding.remedy.find("EXPLAIN"), std::string::npos);
  EXPECT_EQ(cited(finding, "database per request, mean"), 80e6);
  EXPECT_EQ(cited(finding, "worker time spent blocked"), 4e9);
  EXPECT_DOUBLE_EQ(cited(finding, "part of the server's worker time"), 4.0 / 20);
  EXPECT_EQ(finding.first_seen, report.window.begin);
  EXPECT_EQ(finding.last_seen, report.window.end);
}

TEST(BlockingIoInRequestTest, CitesEveryLineThatWaitsThere)
{
  Report report = report_of(2, 0.5);
  auto &endpoint = add_endpoint(report, "/report/{}", 50,
                                { { Cause::database, 80ms }, { Cause::on_cpu, 10ms } });
  for (const char *code : { "shop/report.py:31 in total", "shop/report.py:40 in rows" })
    endpoint.sites.push_back({ .cause = Cause::database,
                               .what = "127.0.0.1:5432",
                               .code = code,
                               .waits = 50,
                               .total = 2s,
                               .max = 95ms,
                               .requests = 50 });

  const auto findings = blocking(report);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(cited(findings[0], "waits at 127.0.0.1:5432 (shop/report.py:31 in total), 50 in all, "
                               "longest"),
            95e6);
  EXPECT_EQ(cited(findings[0], "waits at 127.0.0.1:5432 (shop/report.py:40 in rows), 50 in all, "
                               "longest"),
            95e6);
}

TEST(BlockingIoInRequestTest, AdvisesByTheCause)
{
  for (const auto &[cause, advice] : {
           std::pair{ Cause::sleep, "time.sleep" },
           std::pair{ Cause::upstream, "timeout" },
           std::pair{ Cause::client_read, "proxy_request_buffering" },
           std::pair{ Cause::client_write, "proxy_buffering" },
           std::pair{ Cause::cache, "pipeline" },
           std::pair{ Cause::dns, "resolver" },
           std::pair{ Cause::disk, "file system" },
           std::pair{ Cause::child, "task queue" },
       }) {
    Report report = report_of(2, 0.5);
    add_endpoint(report, "/x", 50, { { cause, 100ms }, { Cause::on_cpu, 1ms } });
    const auto findings = blocking(report);
    ASSERT_EQ(findings.size(), 1U) << name_of(cause);
    EXPECT_NE(findings[0].remedy.find(advice), std::string::npos) << findings[0].remedy;
  }
}

TEST(BlockingIoInRequestTest, IsCriticalWhenTheServerIsSaturatedToo)
{
  Report report = report_of(2, 0.99);
  add_endpoint(report, "/nap/{}", 160, { { Cause::sleep, 120ms }, { Cause::on_cpu, 1ms } });

  ASSERT_EQ(blocking(report).size(), 1U);
  EXPECT_EQ(blocking(report)[0].severity, Severity::critical);
}

TEST(BlockingIoInRequestTest, IsWorthKnowingOnlyWhenItTakesHardlyAnyWorkerTime)
{
  Report report = report_of(8, 0.1);
  add_endpoint(report, "/nap/{}", 6, { { Cause::sleep, 120ms } });

  ASSERT_EQ(blocking(report).size(), 1U);
  EXPECT_EQ(blocking(report)[0].severity, Severity::info);
}

TEST(BlockingIoInRequestTest, DoesNotLetAFullBacklogHideWhatBlocks)
{
  Report report = report_of(2, 0.99);
  add_endpoint(report, "/nap/{}", 160, { { Cause::sleep, 120ms }, { Cause::accept_queue, 900ms } });

  EXPECT_EQ(blocking(report).size(), 1U);
}

TEST(BlockingIoInRequestTest, IsSilentAboutRequestsThatCompute)
{
  Report report = report_of(2, 0.99);
  add_endpoint(report, "/burn", 100, { { Cause::on_cpu, 150ms }, { Cause::database, 30ms } });

  EXPECT_TRUE(blocking(report).empty());
}

TEST(BlockingIoInRequestTest, KnowsTheShareOfMoreWorkerTimeThanCanBeCounted)
{
  Report report = report_of(5, 0.5);
  report.window = { domain::MonotonicTime{}, domain::MonotonicTime{ domain::Nanos{ 1LL << 61 } } };
  add_endpoint(report, "/nap/{}", 100, { { Cause::sleep, 900ms } });

  ASSERT_EQ(blocking(report).size(), 1U);
  EXPECT_GT(cited(blocking(report)[0], "part of the server's worker time"), 0);
}

TEST(BlockingIoInRequestTest, IsSilentAboutShortWaits)
{
  Report report = report_of(2, 0.5);
  add_endpoint(report, "/cart", 1000, { { Cause::cache, 19ms } });

  EXPECT_TRUE(blocking(report).empty());
}

TEST(BlockingIoInRequestTest, IsSilentAboutAHandfulOfRequests)
{
  Report report = report_of(2, 0.5);
  add_endpoint(report, "/nap/{}", 4, { { Cause::sleep, 900ms } });

  EXPECT_TRUE(blocking(report).empty());
}

TEST(BlockingIoInRequestTest, IsSilentAboutLocksAndQueues)
{
  Report report = report_of(2, 0.5);
  add_endpoint(report, "/x", 100,
               { { Cause::lock, 200ms }, { Cause::gil, 50ms }, { Cause::run_queue, 50ms } });

  EXPECT_TRUE(blocking(report).empty());
}

} // namespace
} // namespace linger::diagnose
