#include "discover/process.h"

#include "unit/discover/fake_proc.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

constexpr std::string_view good =
    "4711 (gunicorn) S 17 4711 4711 0 -1 4194560 2154 0 0 0 35 8 0 0 20 0 9 0 225893 1 2";

TEST(DecodeStat, ReadsParentThreadsAndStart)
{
  const auto stat = decode_stat(good);

  ASSERT_TRUE(stat) << stat.error().what;
  EXPECT_EQ(stat->tgid, 4711);
  EXPECT_EQ(stat->comm, "gunicorn");
  EXPECT_EQ(stat->parent_tgid, 17);
  EXPECT_EQ(stat->threads, 9);
  EXPECT_EQ(stat->start_ticks, 225893);
}

TEST(DecodeStat, AllowsBlanksAndParenthesesInTheName)
{
  const auto stat = decode_stat("8 (a) R 1 (b c) S 17 8 8 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 99 1 2");

  ASSERT_TRUE(stat) << stat.error().what;
  EXPECT_EQ(stat->comm, "a) R 1 (b c");
  EXPECT_EQ(stat->parent_tgid, 17);
  EXPECT_EQ(stat->threads, 3);
}

TEST(DecodeStat, RefusesALineThatIsCutAnywhereBeforeTheStart)
{
  const std::size_t start = good.find("225893");
  for (std::size_t length = 0; length < start; ++length) {
    const auto stat = decode_stat(good.substr(0, length));
    ASSERT_FALSE(stat) << length;
    EXPECT_EQ(stat.error().kind, Error::Kind::malformed);
  }
}

TEST(DecodeStat, RefusesGarbage)
{
  EXPECT_FALSE(decode_stat(") ("));
  EXPECT_FALSE(decode_stat("8x(y) S 17 8 8 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 99 1 2"));
  EXPECT_FALSE(decode_stat("(x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 99"));
  EXPECT_FALSE(decode_stat("8 (x) S -1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 99"));
}

TEST(ReadStat, ReportsAProcessThatIsGoneAsNotFound)
{
  const FakeProc proc;

  EXPECT_EQ(read_stat(proc.path(), 4711).error().kind, Error::Kind::not_found);
}

TEST(DecodeEnvironment, KeepsOnlyWhatIsNamedLikeAVariable)
{
  const std::string bytes = joined_with_nul(
      { "A=1", "rest of a title]", "=x", "", "9B=2", "C_2=a=b", "A=again", "EMPTY=" });

  EXPECT_EQ(decode_environment(bytes),
            (Environment{ { "A", "1" }, { "C_2", "a=b" }, { "EMPTY", "" } }));
  EXPECT_TRUE(decode_environment(std::string(4096, '\0')).empty());
}

TEST(TgidInOwnNamespace, IsTheInnermostNumber)
{
  const FakeProc proc;
  write_file(proc.of(900) / "status", "Name:\tx\nNSpid:\t900\t33\t7\nThreads:\t1\n");
  write_file(proc.of(901) / "status", "Name:\tx\nThreads:\t1\n");

  EXPECT_EQ(tgid_in_own_namespace(proc.path(), 900), 7);
  EXPECT_EQ(tgid_in_own_namespace(proc.path(), 901), 901);
  EXPECT_EQ(tgid_in_own_namespace(proc.path(), 902), 902);
}

} // namespace
} // namespace linger::discover
