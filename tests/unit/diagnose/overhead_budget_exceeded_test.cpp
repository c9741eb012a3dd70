#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Report;

/// 4 s of computing in 20 s.
Report costing(domain::Nanos agent_cpu, domain::Nanos bpf_run, std::uint64_t others = 0)
{
  Report report = report_of(2, 0.2);
  report.window.end = report.window.begin + 20s;
  add_endpoint(report, "/hello", 4000, { { Cause::on_cpu, 1ms } });
  report.coverage.requests_seen = 4000 + others;
  report.coverage.agent_cpu = agent_cpu;
  report.coverage.bpf_run = bpf_run;
  return report;
}

std::vector<domain::Finding> exceeded(const Report &report)
{
  return of_rule(diagnose(report, {}), "overhead-budget-exceeded");
}

TEST(OverheadBudgetExceededTest, ComparesWhatItCostsWithWhatTheRequestsCompute)
{
  const auto findings = exceeded(costing(1500ms, 1500ms));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, domain::Severity::info);
  EXPECT_NEAR(cited(findings[0], "overhead"), 0.75, 1e-9);
}

TEST(OverheadBudgetExceededTest, SaysNothingOfLittle)
{
  EXPECT_TRUE(exceeded(costing(400ms, 400ms)).empty()) << "20 %";
  Report idle = costing(1500ms, 300ms);
  idle.endpoints[0].times = {};
  idle.endpoints[0].times[Cause::on_cpu] = 4ms;
  EXPECT_TRUE(exceeded(idle).empty()) << "0.09 CPUs";
}

TEST(OverheadBudgetExceededTest, SaysNothingOfAShortWindow)
{
  Report report = costing(1500ms, 1500ms);
  report.window.end = report.window.begin + 9s;
  EXPECT_TRUE(exceeded(report).empty());
}

TEST(OverheadBudgetExceededTest, CountsAServersPartAlone)
{
  EXPECT_TRUE(exceeded(costing(1500ms, 1500ms, 12000)).empty());
}

} // namespace
} // namespace linger::diagnose
