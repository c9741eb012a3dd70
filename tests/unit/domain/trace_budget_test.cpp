#include "domain/trace_budget.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using namespace std::chrono_literals;
using Verdict = TraceBudget::Verdict;

TEST(TraceBudget, GoesOnWhileThereIsEnoughForAllFrees)
{
  const TraceBudget budget{ 600ms, 10s };
  EXPECT_EQ(budget.judge(0s, 0ns, 0ns), Verdict::go_on);
  EXPECT_EQ(budget.judge(1s, 5ms, 5ms), Verdict::go_on);
}

TEST(TraceBudget, LeavesEnoughToSeeTheFreesUntilTheLatestRequestsHaveSettled)
{
  const TraceBudget budget{ 600ms, 10s };
  // Frees cost 20 ms a second: 200 ms are needed for the time after the last allocation.
  EXPECT_EQ(budget.judge(10s, 150ms, 200ms), Verdict::go_on);
  EXPECT_EQ(budget.judge(10s, 201ms, 200ms), Verdict::stop_allocations);
}

TEST(TraceBudget, GivesAllocationsAThirdWhereFreesAloneCostTooMuch)
{
  const TraceBudget budget{ 600ms, 10s };
  EXPECT_EQ(budget.judge(1s, 95ms, 100ms), Verdict::go_on);
  EXPECT_EQ(budget.judge(1s, 101ms, 100ms), Verdict::stop_allocations);
}

TEST(TraceBudget, EndsWhenItIsSpent)
{
  const TraceBudget budget{ 600ms, 10s };
  EXPECT_EQ(budget.judge(20s, 300ms, 300ms), Verdict::stop_all);
  EXPECT_EQ((TraceBudget{ 0ns, 10s }.judge(0s, 0ns, 0ns)), Verdict::stop_all);
}

} // namespace
} // namespace linger::domain
