#include "discover/cpu_limit.h"

#include "unit/discover/fake_proc.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using namespace std::chrono_literals;

TEST(CpuQuota, IsReadFromEitherVersion)
{
  const auto second = quota_in_cpu_max("20000 100000\n");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->quota, 20ms);
  EXPECT_EQ(second->period, 100ms);

  const auto first = quota_in_cfs("150000\n", "50000\n");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->quota, 150ms);
  EXPECT_EQ(first->period, 50ms);
}

TEST(CpuQuota, IsNoneWhereNoneIsSetOrTheTextIsAnother)
{
  for (const char *text : { "max 100000\n", "", "20000", "20000 0", "-1 5", "20000 100000 1",
                            "99999999999999999999 1", "18446744073709551615 1" })
    EXPECT_FALSE(quota_in_cpu_max(text)) << text;
  EXPECT_FALSE(quota_in_cfs("-1\n", "100000\n"));
  EXPECT_FALSE(quota_in_cfs("", ""));
}

TEST(ThrottlingIn, ReadsEitherVersion)
{
  const auto first = throttling_in("nr_periods 50\nnr_throttled 45\nthrottled_time 3000000000\n");
  ASSERT_TRUE(first);
  EXPECT_EQ(first->periods, 50U);
  EXPECT_EQ(first->throttled_periods, 45U);
  EXPECT_EQ(first->throttled, 3s);

  const auto second =
      throttling_in("usage_usec 9\nnr_periods 5\nnr_throttled 4\nthrottled_usec 7\nnr_bursts 0\n");
  ASSERT_TRUE(second);
  EXPECT_EQ(second->throttled, 7us);
}

TEST(ThrottlingIn, IsNoneWhereTheGroupHasNoSuchCounters)
{
  EXPECT_FALSE(throttling_in("usage_usec 9\nuser_usec 3\n"));
  EXPECT_FALSE(throttling_in("nr_periods 5\nnr_throttled x\nthrottled_usec 7\n"));
  EXPECT_FALSE(throttling_in(""));
}

class ReadCpuLimits : public testing::Test {
protected:
  ReadCpuLimits() { std::filesystem::create_directories(groups()); }

  [[nodiscard]] std::filesystem::path groups() const { return directory_.path() / "cg"; }

  void mount(const std::string &type, const std::string &options)
  {
    write_file(
        proc_.path() / "self" / "mountinfo",
        fmt::format("32 31 0:29 / {} rw - {} {} {}\n", groups().string(), type, type, options));
  }
  void add(std::uint32_t tgid, const std::string &cgroup)
  {
    write_file(proc_.of(tgid) / "cgroup", cgroup);
  }
  void limit(const std::string &group, const std::string &max, std::uint64_t throttled = 0)
  {
    write_file(groups() / group / "cpu.max", max);
    write_file(groups() / group / "cpu.stat",
               fmt::format("nr_periods 9\nnr_throttled {}\nthrottled_usec 0\n", throttled));
  }

  FakeProc proc_;
  TemporaryDirectory directory_;
  CpuLimits limits_{ proc_.path() };
};

TEST_F(ReadCpuLimits, TakesTheTightestOfAGroupAndThoseAbove)
{
  mount("cgroup2", "rw");
  limit("pod", "40000 100000", 7);
  limit("pod/web", "max 100000");
  limit("pod/web/worker", "90000 100000", 1);
  add(7, "0::/pod/web/worker\n");

  const auto read = limits_.read({ 7 });
  ASSERT_TRUE(read) << read.error().what;
  ASSERT_EQ(read->size(), 1U);
  EXPECT_EQ(read->front().tgid, 7U);
  EXPECT_EQ(read->front().group, "/pod");
  EXPECT_EQ(read->front().quota, 40ms);
  EXPECT_EQ(read->front().throttled_periods, 7U);
}

TEST_F(ReadCpuLimits, LeavesOutProcessesWithoutALimitAndThoseThatAreGone)
{
  mount("cgroup2", "rw");
  limit("web", "max 100000");
  add(7, "0::/web\n");
  add(8, "0::/\n");
  const auto read = limits_.read({ 7, 8, 9 });
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_TRUE(read->empty());
}

TEST_F(ReadCpuLimits, PrefersTheFirstVersionsControllerWhereItIsMounted)
{
  mount("cgroup", "rw,cpu,cpuacct");
  write_file(groups() / "web" / "cpu.cfs_quota_us", "20000\n");
  write_file(groups() / "web" / "cpu.cfs_period_us", "100000\n");
  write_file(groups() / "web" / "cpu.stat", "nr_periods 1\nnr_throttled 1\nthrottled_time 5\n");
  add(7, "2:cpu,cpuacct:/web\n0::/other\n");
  add(8, "2:cpu,cpuacct:/web\n0::/other\n");

  const auto read = limits_.read({ 7, 8 });
  ASSERT_TRUE(read) << read.error().what;
  ASSERT_EQ(read->size(), 2U);
  EXPECT_EQ(read->back().tgid, 8U);
  EXPECT_EQ(read->back().throttled, 5ns);
}

TEST_F(ReadCpuLimits, SaysWhenAGroupIsNotToBeSeen)
{
  mount("cgroup2", "rw");
  add(7, "0::/../neighbour\n");
  const auto read = limits_.read({ 7 });
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().kind, Error::Kind::not_supported);
}

} // namespace
} // namespace linger::discover
