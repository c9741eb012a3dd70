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
using domain::SiteReport;

constexpr const char *postgresql = "127.0.0.1:5432 (postgresql)";

std::vector<Finding> slow(const Report &report, const Thresholds &thresholds = {})
{
  return of_rule(diagnose(report, thresholds), "slow-query");
}

SiteReport query(const std::string &statement, std::uint64_t waits, domain::Nanos each,
                 const std::string &what = postgresql)
{
  return { .cause = Cause::database,
           .what = what,
           .code = "shop/report.py:31 in show",
           .statement = statement,
           .waits = waits,
           .total = each * static_cast<int>(waits),
           .max = 2 * each,
           .requests = waits };
}

Report with(std::vector<SiteReport> sites)
{
  Report report = report_of(2, 0.5);
  EndpointReport &endpoint =
      add_endpoint(report, "/report", 40, { { Cause::database, 150ms }, { Cause::on_cpu, 5ms } });
  endpoint.sites = std::move(sites);
  return report;
}

TEST(SlowQueryTest, ExplainsTheEndpointThatItBlocks)
{
  for (const auto &[waits, explains] : { std::pair{ 40, true }, std::pair{ 12, false } }) {
    const auto findings = diagnose(with({ query("SELECT sum(price) FROM sale WHERE day > ?",
                                                static_cast<std::uint64_t>(waits), 140ms) }),
                                   {});
    const auto blocking = of_rule(findings, "blocking-io-in-request");
    ASSERT_EQ(blocking.size(), 1U);
    ASSERT_EQ(slow(with({ query("SELECT 1", static_cast<std::uint64_t>(waits), 140ms) })).size(),
              1U);
    EXPECT_EQ(blocking[0].explained_by.empty(), !explains);
  }
}

TEST(SlowQueryTest, ExplainsNoEndpointByWhatOthersWaitFor)
{
  const SiteReport less_than_half = query("SELECT sum(price) FROM sale WHERE day > ?", 15, 140ms);
  Report report = with({ less_than_half });
  EndpointReport &other =
      add_endpoint(report, "/export", 40, { { Cause::database, 150ms }, { Cause::on_cpu, 5ms } });
  other.sites = { less_than_half };

  const auto findings = diagnose(report, {});
  ASSERT_EQ(of_rule(findings, "slow-query").size(), 1U);
  const auto blocking = of_rule(findings, "blocking-io-in-request");
  ASSERT_EQ(blocking.size(), 2U);
  for (const Finding &finding : blocking)
    EXPECT_TRUE(finding.explained_by.empty()) << finding.id;
}

TEST(SlowQueryTest, NamesTheStatementAndWhoSendsIt)
{
  const auto findings =
      slow(with({ query("SELECT sum(price) FROM sale WHERE day > ?", 40, 140ms) }));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "GET /report" });
  EXPECT_NE(finding.title.find("SELECT sum(price) FROM sale WHERE day > ?"), std::string::npos);
  EXPECT_EQ(cited(finding, "wait for an answer, mean"), 140e6);
  EXPECT_EQ(cited(finding, "longest wait"), 280e6);
  EXPECT_NE(finding.remedy.find("EXPLAIN (ANALYZE, BUFFERS)"), std::string::npos);
  EXPECT_NE(finding.remedy.find("shop/report.py:31"), std::string::npos);
}

TEST(SlowQueryTest, SumsAStatementOverEndpointsAndNamesTheWorst)
{
  Report report = with({ query("SELECT ?", 10, 120ms) });
  EndpointReport &other = add_endpoint(report, "/list", 40, { { Cause::database, 60ms } });
  other.sites = { query("SELECT ?", 30, 200ms) };

  ASSERT_EQ(slow(report).size(), 1U);
  EXPECT_EQ(slow(report)[0].endpoints, std::vector<std::string>{ "GET /list" });
  EXPECT_EQ(cited(slow(report)[0], "wait for an answer, mean"), 180e6);
}

TEST(SlowQueryTest, AdvisesByTheDatabase)
{
  const auto findings = slow(with({ query("SELECT ?", 40, 140ms, "10.0.0.1:3306 (mysql)") }));

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].remedy.find("max_execution_time"), std::string::npos);
  EXPECT_NE(findings[0].remedy.find("performance_schema.data_lock_waits"), std::string::npos);
}

TEST(SlowQueryTest, IsWorthKnowingOnlyWhereItHardlyCounts)
{
  Report report = with({ query("SELECT ?", 3, 110ms) });
  add_endpoint(report, "/other", 400, { { Cause::upstream, 100ms } });

  ASSERT_EQ(slow(report).size(), 1U);
  EXPECT_EQ(slow(report)[0].severity, Severity::info);
}

TEST(SlowQueryTest, IsSilentAboutQuickOnesHoweverManyTheyAre)
{
  EXPECT_TRUE(slow(with({ query("SELECT ?", 4000, 5ms) })).empty());
  EXPECT_EQ(slow(with({ query("SELECT ?", 4000, 5ms) }), { .query_min_mean_ns = 5'000'000 }).size(),
            1U);
}

TEST(SlowQueryTest, IsSilentAboutAnAccidentAndAboutWhatIsNoStatement)
{
  EXPECT_TRUE(slow(with({ query("SELECT ?", 2, 900ms) })).empty());
  EXPECT_TRUE(slow(with({ query("", 40, 900ms) })).empty());
  SiteReport cache = query("GET ?", 40, 900ms);
  cache.cause = Cause::cache;
  EXPECT_TRUE(slow(with({ cache })).empty());
}

} // namespace
} // namespace linger::diagnose
