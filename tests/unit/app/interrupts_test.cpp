#include "app/interrupts.h"

#include <csignal>
#include <gtest/gtest.h>

namespace linger::app {
namespace {

TEST(Interrupts, TheFirstSignalIsAWish)
{
  const Interrupts interrupts;
  EXPECT_FALSE(interrupts.seen());
  std::raise(SIGINT);
  EXPECT_TRUE(interrupts.seen());
}

TEST(Interrupts, SigtermCountsToo)
{
  const Interrupts interrupts;
  std::raise(SIGTERM);
  EXPECT_TRUE(interrupts.seen());
}

TEST(Interrupts, ThoseOfBeforeDoNotCount)
{
  {
    const Interrupts earlier;
    std::raise(SIGINT);
  }
  EXPECT_FALSE(Interrupts{}.seen());
}

TEST(InterruptsDeathTest, TheSecondSignalEndsTheProcessAtOnce)
{
  EXPECT_EXIT(
      {
        const Interrupts interrupts;
        std::raise(SIGINT);
        std::raise(SIGINT);
      },
      testing::ExitedWithCode(Interrupts::status_of_second), "");
}

} // namespace
} // namespace linger::app
