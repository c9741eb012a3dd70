#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;
using domain::SiteReport;

std::vector<Finding> contended(const Report &report, const Thresholds &thresholds = {})
{
  return of_rule(diagnose(report, thresholds), "lock-contention");
}

SiteReport wait_at(const std::string &code, const std::string &releaser, domain::Nanos total)
{
  return { .cause = Cause::lock,
           .what = releaser.empty() ? "futex" : "futex (released by " + releaser + ")",
           .code = code,
           .waits = 100,
           .total = total,
           .max = 80ms,
           .requests = 100 };
}

/// 100 requests of 40 ms, with 30 ms of lock each, at these sites.
Report waiting(std::vector<SiteReport> sites)
{
  Report report = report_of(1, 0.5);
  report.servers[0].server.threads_per_worker = 4;
  auto &endpoint =
      add_endpoint(report, "/cart", 100, { { Cause::lock, 30ms }, { Cause::database, 10ms } });
  endpoint.sites = std::move(sites);
  return report;
}

TEST(LockContentionTest, NamesTheLineThatWaitsAndTheOneThatLetsGo)
{
  const auto findings =
      contended(waiting({ wait_at("shop/cache.py:38 in refresh", "shop/cache.py:40 in refresh", 2s),
                          wait_at("shop/cache.py:38 in refresh", "", 1s) }));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.severity, domain::Severity::critical);
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "GET /cart" });
  EXPECT_EQ(cited(finding, "waiting for these locks per request, mean"), 30e6);
  EXPECT_EQ(cited(finding, "GET /cart waits at shop/cache.py:38 in refresh until "
                           "shop/cache.py:40 in refresh lets go, 200 in all"),
            3e9);
  EXPECT_NE(finding.remedy.find("shop/cache.py:38"), std::string::npos);
}

TEST(LockContentionTest, CountsAllWhoWaitWhereSomebodyIsInside)
{
  const auto findings = contended(waiting(
      { wait_at("a.py:5 in f", "b.py:9 in g", 2s), wait_at("a.py:5 in f", "a.py:7 in f", 500ms) }));

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(cited(findings[0], "waiting for these locks per request, mean"), 25e6);
}

TEST(LockContentionTest, IsSilentAboutWaitsForWhatAnotherThreadDoes)
{
  EXPECT_TRUE(contended(waiting({ wait_at("a.py:5 in show", "a.py:50 in work", 3s) })).empty());
  EXPECT_TRUE(
      contended(waiting({ wait_at("a.py:5 in show", "threading.py:300 in notify", 3s) })).empty());
}

TEST(LockContentionTest, IsSilentWhereNobodyWasSeenToLetGo)
{
  EXPECT_TRUE(contended(waiting({ wait_at("a.py:5 in show", "", 3s) })).empty());
  EXPECT_TRUE(contended(waiting({ wait_at("", "a.py:5 in show", 3s) })).empty());
  EXPECT_TRUE(contended(waiting({})).empty());
}

TEST(LockContentionTest, IsSilentAboutLittle)
{
  const SiteReport little = wait_at("a.py:5 in f", "a.py:7 in f", 300ms);
  EXPECT_TRUE(contended(waiting({ little })).empty()) << "3 ms a request";
  const SiteReport part = wait_at("a.py:5 in f", "a.py:7 in f", 700ms);
  EXPECT_TRUE(contended(waiting({ part })).empty()) << "17 % of the time";
  EXPECT_EQ(contended(waiting({ part }), { .lock_min_wait_ratio = 0.1 }).size(), 1U);
  const SiteReport much = wait_at("a.py:5 in f", "a.py:7 in f", 3s);
  EXPECT_TRUE(contended(waiting({ much }), { .lock_min_requests = 101 }).empty());
}

} // namespace
} // namespace linger::diagnose
