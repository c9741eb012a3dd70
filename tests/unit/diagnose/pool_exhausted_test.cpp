#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;
using domain::Severity;

constexpr const char *pool = "connection pool (SQLAlchemy)";

/// 100 requests of 100 ms; `waiting` of them waited `each` at `what`.
Report with_waits(const std::string &what, std::uint64_t waiting, domain::Nanos each)
{
  Report report = report_of(1, 0.5);
  report.servers[0].server.worker_class = "gthread";
  report.servers[0].server.threads_per_worker = 8;
  const domain::Nanos total = each * static_cast<std::int64_t>(waiting);
  auto &endpoint =
      add_endpoint(report, "/report", 100,
                   { { Cause::lock, total / 100 }, { Cause::on_cpu, 100ms - total / 100 } });
  endpoint.sites = { { .cause = Cause::lock,
                       .what = what,
                       .code = "report.py:12 in report",
                       .waits = waiting,
                       .total = total,
                       .max = each,
                       .requests = waiting } };
  return report;
}

std::vector<Finding> exhausted(const Report &report)
{
  return of_rule(diagnose(report, {}), "pool-exhausted");
}

TEST(PoolExhaustedTest, NamesTheEndpointTheLibraryAndTheLine)
{
  const auto findings = exhausted(with_waits(pool, 80, 40ms));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "GET /report" });
  EXPECT_EQ(cited(finding, "requests that waited"), 80);
  EXPECT_EQ(cited(finding, "waiting for a connection, mean of these"), 40e6);
  EXPECT_NEAR(cited(finding, "part of the time in a worker"), 0.32, 1e-9);
  EXPECT_NE(finding.detail.find("pool of SQLAlchemy at report.py:12 in report"), std::string::npos)
      << finding.detail;
  EXPECT_NE(finding.remedy.find("pool_size"), std::string::npos) << finding.remedy;
}

TEST(PoolExhaustedTest, IsCriticalWhereItIsMostOfTheTime)
{
  EXPECT_EQ(exhausted(with_waits(pool, 100, 60ms)).at(0).severity, Severity::critical);
}

TEST(PoolExhaustedTest, SaysNothingOfOtherLocksNorOfFewOrShortWaits)
{
  EXPECT_TRUE(exhausted(with_waits("futex", 80, 40ms)).empty());
  EXPECT_TRUE(exhausted(with_waits(pool, 4, 90ms)).empty());
  EXPECT_TRUE(exhausted(with_waits(pool, 100, 9ms)).empty());
  EXPECT_TRUE(exhausted(with_waits(pool, 20, 40ms)).empty());
}

} // namespace
} // namespace linger::diagnose
