#include "python/thread_activity.h"

#include <gtest/gtest.h>

namespace linger::python {
namespace {

constexpr const char *status =
    "Name:\tpython3\\nState:\tR (x)\nUmask:\t0022\nState:\tS (sleeping)\n"
    "Threads:\t1\nvoluntary_ctxt_switches:\t150\n"
    "nonvoluntary_ctxt_switches:\t545\n";

TEST(ThreadActivity, IsStateAndSwitches)
{
  const auto activity = activity_in(status, 7);
  ASSERT_TRUE(activity) << activity.error().what;
  EXPECT_EQ(*activity, (ThreadActivity{ .tid = 7, .runnable = false, .switches = 695 }));
}

TEST(ThreadActivity, IsRefusedWhenCutShort)
{
  const std::string whole = status;
  EXPECT_FALSE(activity_in("", 7));
  EXPECT_FALSE(activity_in(whole.substr(0, whole.find("nonvoluntary")), 7));
  EXPECT_FALSE(activity_in("State:\nvoluntary_ctxt_switches:\t1\n", 7));
}

TEST(ThreadActivity, TellsAThreadThatHasEnded)
{
  const auto activity = activity_in(
      "State:\tZ (zombie)\nvoluntary_ctxt_switches:\t1\nnonvoluntary_ctxt_switches:\t1\n", 7);
  ASSERT_TRUE(activity);
  EXPECT_TRUE(activity->ended);
}

TEST(ThreadActivity, StayedIdleWhenNobodyRanCameOrWent)
{
  const std::vector<ThreadActivity> before{ { .tid = 1, .runnable = false, .switches = 10 },
                                            { .tid = 2, .runnable = false, .switches = 20 } };
  EXPECT_TRUE(stayed_idle(before, before));
  EXPECT_FALSE(stayed_idle(before, { { .tid = 1, .runnable = false, .switches = 10 },
                                     { .tid = 2, .runnable = false, .switches = 21 } }))
      << "ran in between";
  EXPECT_FALSE(stayed_idle(before, { { .tid = 1, .runnable = false, .switches = 10 },
                                     { .tid = 2, .runnable = true, .switches = 20 } }))
      << "runs now";
  EXPECT_FALSE(stayed_idle(before, { { .tid = 1, .runnable = false, .switches = 10 } }))
      << "one ended";
  EXPECT_FALSE(stayed_idle(before, { { .tid = 1, .runnable = false, .switches = 10 },
                                     { .tid = 2, .runnable = false, .switches = 20 },
                                     { .tid = 3, .runnable = false, .switches = 0 } }));
  const std::vector<ThreadActivity> running{ { .tid = 1, .runnable = true, .switches = 10 } };
  EXPECT_FALSE(stayed_idle(running, running)) << "never switched out";
}

TEST(ThreadActivity, SaysWhenTheProcessIsGone)
{
  const auto activity = activity_of("/proc", 0x3fffffff);
  ASSERT_FALSE(activity);
  EXPECT_EQ(activity.error().kind, Error::Kind::not_found);
}

} // namespace
} // namespace linger::python
