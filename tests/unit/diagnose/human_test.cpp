#include "diagnose/human.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace std::chrono_literals;

TEST(HumanTest, WritesTimesWithThreeDigits)
{
  EXPECT_EQ(human_time(0ns), "0 ns");
  EXPECT_EQ(human_time(950ns), "950 ns");
  EXPECT_EQ(human_time(81'340us), "81.3 ms");
  EXPECT_EQ(human_time(2500ms), "2.50 s");
  EXPECT_EQ(human_time(999'900us), "1.00 s"); // not "1000 ms"
  EXPECT_EQ(human_time(9'999us), "10.0 ms");
  EXPECT_EQ(human_time(12'345s), "12345 s");
}

TEST(HumanTest, WritesBytesInPowersOf1024)
{
  EXPECT_EQ(human_bytes(512), "512 B");
  EXPECT_EQ(human_bytes(28'672), "28.0 KiB");
  EXPECT_EQ(human_bytes(1.5 * 1024 * 1024), "1.50 MiB");
  EXPECT_EQ(human_bytes(1023.9 * 1024), "1.00 MiB");
  EXPECT_EQ(human_bytes(-3.0 * 1024 * 1024), "-3.00 MiB");
}

TEST(HumanTest, WritesSharesAsPercent)
{
  EXPECT_EQ(human_share(0), "0 %");
  EXPECT_EQ(human_share(0.004), "0.4 %");
  EXPECT_EQ(human_share(0.93), "93 %");
  EXPECT_EQ(human_share(1), "100 %");
}

} // namespace
} // namespace linger::diagnose
