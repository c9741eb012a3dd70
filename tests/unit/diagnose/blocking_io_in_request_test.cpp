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

TEST(BlockingIoInRequestTest, CitesTheStatementAndTheLine)
{
  Report report = report_of(2, 0.5);
  auto &endpoint = add_endpoint(report, "/report/{}", 50, { { Cause::database, 80ms } });
  endpoint.calls.database = 100;
  endpoint.sites = { { .cause = Cause::database,
                       .what = "127.0.0.1:5432 (postgresql)",
                       .code = "shop/report.py:17 in report",
                       .statement = "SELECT sum(price) FROM orders WHERE day = ?",
                       .waits = 50,
                       .total = 4s,
                       .max = 95ms,
                       .requests = 50 } };

  const auto findings = blocking(report);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].remedy.find("EXPLAIN"), std::string::npos);
  EXPECT_NE(findings[0].remedy.find("WHERE day = ?"), std::string::npos);
  EXPECT_NE(findings[0].remedy.find("shop/report.py:17"), std::string::npos);
  EXPECT_EQ(cited(findings[0], "database calls per request, mean"), 2);
  EXPECT_EQ(cited(findings[0], "database call, mean"), 40e6);
  EXPECT_EQ(cited(findings[0], "waits at 127.0.0.1:5432 (postgresql), from shop/report.py:17 in "
                               "report, for \"SELECT sum(price) FROM orders WHERE day = ?\", 50 in "
                               "all, longest"),
            95e6);
}

TEST(BlockingIoInRequestTest, NamesWhatALoopAsksOverAndOver)
{
  Report report = report_of(2, 0.5);
  auto &endpoint = add_endpoint(report, "/list", 50, { { Cause::database, 28ms } });
  endpoint.calls.database = 50 * 28;
  endpoint.sites = {
    { .cause = Cause::database, .what = "db", .statement = "BEGIN", .waits = 60, .total = 100ms },
    { .cause = Cause::database,
      .what = "db",
      .statement = "SELECT a FROM b WHERE c = ?",
      .waits = 50,
      .repeated = 50,
      .total = 50ms }
  };

  const auto findings = blocking(report);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].remedy.find("N+1"), std::string::npos) << findings[0].remedy;
  EXPECT_NE(findings[0].remedy.find("28 times, 1.00 ms each"), std::string::npos)
      << findings[0].remedy;
  EXPECT_NE(findings[0].remedy.find("SELECT a FROM b WHERE c = ?"), std::string::npos);
  EXPECT_EQ(findings[0].remedy.find("BEGIN"), std::string::npos);
}

TEST(BlockingIoInRequestTest, TellsOfAConnectionForEachRequest)
{
  Report report = report_of(2, 0.5);
  auto &endpoint = add_endpoint(report, "/report/{}", 50, { { Cause::database, 80ms } });
  endpoint.opened.database = 44;
  EXPECT_EQ(blocking(report).at(0).remedy.find("CONN_MAX_AGE"), std::string::npos);
  endpoint.opened.database = 50;
  const Finding finding = blocking(report).at(0);
  EXPECT_NE(finding.remedy.find("CONN_MAX_AGE"), std::string::npos) << finding.remedy;
  EXPECT_EQ(cited(finding, "database connections opened per request"), 1);
  endpoint.opened = { .cache = 50 }; // it waits for the database
  EXPECT_EQ(blocking(report).at(0).remedy.find("keep connections"), std::string::npos);
}

TEST(BlockingIoInRequestTest, TakesFewOrLongCallsForNoLoop)
{
  for (const auto &[calls, time] : { std::pair{ 9, 28ms }, std::pair{ 10, 60ms } }) {
    Report report = report_of(2, 0.5);
    add_endpoint(report, "/list", 50, { { Cause::database, time } }).calls.database = 50U * calls;
    ASSERT_EQ(blocking(report).size(), 1U);
    EXPECT_EQ(blocking(report)[0].remedy.find("N+1"), std::string::npos);
  }
}

TEST(BlockingIoInRequestTest, AdvisesByTheCause)
{
  for (const auto &[cause, advice] : {
           std::pair{ Cause::sleep, "time.sleep" },
           std::pair{ Cause::upstream, "timeout" },
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

TEST(BlockingIoInRequestTest, LeavesToSlowClientWhatWaitsForClientsMostOfAll)
{
  for (const auto &[cause, advice] : {
           std::pair{ Cause::client_read, "proxy_request_buffering" },
           std::pair{ Cause::client_write, "proxy_buffering" },
       }) {
    Report partly = report_of(2, 0.5);
    add_endpoint(partly, "/x", 50,
                 { { cause, 100ms }, { Cause::upstream, 99ms }, { Cause::on_cpu, 5ms } });
    ASSERT_EQ(blocking(partly).size(), 1U);
    EXPECT_NE(blocking(partly)[0].remedy.find(advice), std::string::npos);

    Report mostly = report_of(2, 0.5);
    add_endpoint(mostly, "/x", 50, { { cause, 100ms }, { Cause::on_cpu, 1ms } });
    EXPECT_TRUE(blocking(mostly).empty());
    EXPECT_EQ(of_rule(diagnose(mostly, {}), "slow-client").size(), 1U);
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
