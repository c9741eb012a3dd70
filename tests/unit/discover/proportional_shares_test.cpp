#include "discover/proportional_shares.h"

#include "unit/discover/fake_proc.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using namespace std::chrono_literals;

TEST(ProportionalBytesIn, ReadsTheLineOfThatName)
{
  EXPECT_EQ(proportional_bytes_in("55d0-7ffe ---p 00000000 00:00 0  [rollup]\nRss:  8 kB\n"
                                  "Pss:    5 kB\nPss_Anon:  4 kB\nSwapPss:  0 kB\n"),
            5120U);
  for (const char *text : { "", "Pss: 5 kB", "\nSwapPss: 5 kB\n", "\nPss: x kB\n", "\nPss: 5\n",
                            "\nPss: 18446744073709551615 kB\n", "\nPss_Anon: 5 kB\n" })
    EXPECT_FALSE(proportional_bytes_in(text)) << text;
}

class ProportionalSharesTest : public testing::Test {
protected:
  void has(std::uint32_t tgid, int kibibytes)
  {
    write_file(proc_.path() / std::to_string(tgid) / "smaps_rollup",
               fmt::format("0-1 ---p 0 00:00 0 [rollup]\nPss: {} kB\n", kibibytes));
  }

  std::uint64_t share_of(std::uint32_t tgid, domain::Nanos now)
  {
    return shares_.of(tgid, domain::MonotonicTime{ now });
  }

  TemporaryDirectory proc_;
  ProportionalShares shares_{ proc_.path() };
};

TEST_F(ProportionalSharesTest, OneProcessASecondIsLookedAt)
{
  has(7, 10);
  has(8, 20);
  EXPECT_EQ(share_of(7, 0s), 0U) << "the agent has only just begun";
  EXPECT_EQ(share_of(8, 0s), 0U);
  EXPECT_EQ(share_of(7, 3s), 10240U);
  EXPECT_EQ(share_of(8, 3100ms), 0U);
  EXPECT_EQ(share_of(8, 4s), 20480U);
}

TEST_F(ProportionalSharesTest, AShareIsKeptForAWhile)
{
  has(7, 10);
  EXPECT_EQ(share_of(7, 0s), 0U);
  EXPECT_EQ(share_of(7, 3s), 10240U);
  has(7, 30);
  EXPECT_EQ(share_of(7, 32s), 10240U);
  EXPECT_EQ(share_of(7, 33s), 30720U);
}

TEST_F(ProportionalSharesTest, OneThatMayNotBeSeenHasNone)
{
  has(7, 10);
  for (const std::uint32_t tgid : { 9, 7 })
    EXPECT_EQ(share_of(tgid, 0s), 0U);
  EXPECT_EQ(share_of(9, 3s), 0U);
  EXPECT_EQ(share_of(9, 4s), 0U) << "it does not take the others' turn";
  EXPECT_EQ(share_of(7, 4s), 10240U);
}

} // namespace
} // namespace linger::discover
