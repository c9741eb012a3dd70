#include "discover/memory_limit.h"

#include "unit/discover/fake_proc.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

TEST(LimitInMemoryMax, IsReadFromEitherVersion)
{
  EXPECT_EQ(limit_in_memory_max("536870912\n"), 536870912U);
  for (const char *text : { "max\n", "", "9223372036854771712\n", "-1\n", "12 34\n", "x" })
    EXPECT_FALSE(limit_in_memory_max(text)) << text;
}

TEST(InactiveFileBytesIn, CountsTheGroupsBelowToo)
{
  EXPECT_EQ(inactive_file_bytes_in("anon 7\ninactive_file 4096\nactive_file 9\n"), 4096U);
  EXPECT_EQ(inactive_file_bytes_in("inactive_file 1\ntotal_inactive_file 8192\n"), 8192U);
  EXPECT_EQ(inactive_file_bytes_in("inactive_file x\nnonsense\n"), 0U);
}

class ReadMemoryLimits : public testing::Test {
protected:
  [[nodiscard]] std::filesystem::path groups() const { return directory_.path() / "cg"; }
  void mount(const std::string &type, const std::string &options, const std::string &root = "/")
  {
    std::filesystem::create_directories(groups());
    write_file(proc_.path() / "self" / "mountinfo",
               fmt::format("32 31 0:29 {} {} rw - {} {} {}\n", root, groups().string(), type, type,
                           options));
  }
  void limit(const std::string &group, const std::string &max, const std::string &current)
  {
    write_file(groups() / group / "memory.max", max);
    write_file(groups() / group / "memory.current", current);
    write_file(groups() / group / "memory.stat", "inactive_file 100\n");
  }

  FakeProc proc_;
  /// When nothing is believed that was read before.
  domain::MonotonicTime later() { return now_ += MemoryLimits::max_age; }

  TemporaryDirectory directory_;
  MemoryLimits limits_{ proc_.path() };
  domain::MonotonicTime now_;
};

TEST_F(ReadMemoryLimits, TellsTheOneWithTheLeastRoom)
{
  mount("cgroup2", "rw");
  limit("pod", "1000\n", "900\n");
  limit("pod/web", "700\n", "300\n");
  limit("pod/free", "max\n", "300\n");
  write_file(proc_.of(100) / "cgroup", "0::/pod/web\n");
  write_file(proc_.of(101) / "cgroup", "0::/pod/free\n");
  for (const std::uint32_t tgid : { 100U, 101U }) {
    const auto limit = limits_.of(tgid, later());
    ASSERT_TRUE(limit);
    EXPECT_EQ(limit->group, "/pod");
    EXPECT_EQ(limit->limit_bytes, 1000U);
    EXPECT_EQ(limit->used_bytes, 800U);
  }
  limit("pod/web", "300\n", "300\n");
  EXPECT_EQ(limits_.of(100, later())->group, "/pod/web");
}

TEST_F(ReadMemoryLimits, ReadsAGroupOnceForAllItsWorkers)
{
  mount("cgroup2", "rw");
  limit("pod", "1000\n", "900\n");
  write_file(proc_.of(100) / "cgroup", "0::/pod\n");
  write_file(proc_.of(101) / "cgroup", "0::/pod\n");
  const domain::MonotonicTime now = later();
  const auto first = limits_.of(100, now);
  ASSERT_TRUE(first);
  limit("pod", "2000\n", "900\n");

  EXPECT_EQ(limits_.of(101, now + MemoryLimits::max_age - domain::Nanos{ 1 }), first);
  EXPECT_EQ(limits_.of(101, now + MemoryLimits::max_age)->limit_bytes, 2000U);
}

TEST_F(ReadMemoryLimits, ReadsVersionOne)
{
  mount("cgroup", "rw,memory");
  write_file(groups() / "web" / "memory.limit_in_bytes", "500\n");
  write_file(groups() / "web" / "memory.usage_in_bytes", "90\n");
  write_file(groups() / "web" / "memory.stat", "total_inactive_file 100\n");
  write_file(proc_.of(100) / "cgroup", "3:memory:/web\n0::/\n");
  const auto limit = limits_.of(100, later());
  ASSERT_TRUE(limit);
  EXPECT_EQ(limit->limit_bytes, 500U);
  EXPECT_EQ(limit->used_bytes, 0U) << "the two files are not read at one moment";
}

TEST_F(ReadMemoryLimits, FindsGroupsOutsideOfOurOwnNamespace)
{
  mount("cgroup2", "rw", "/../..");
  limit("kubepods.slice/pod/web", "700\n", "300\n");
  std::filesystem::create_directories(groups() / "system.slice");
  write_file(proc_.of(100) / "cgroup", "0::/../pod/web\n");
  const auto limit = limits_.of(100, later());
  ASSERT_TRUE(limit);
  EXPECT_EQ(limit->limit_bytes, 700U);
}

TEST_F(ReadMemoryLimits, IsNothingWhereThereIsNone)
{
  mount("cgroup2", "rw");
  std::filesystem::create_directories(groups() / "pod");
  write_file(proc_.of(100) / "cgroup", "0::/pod\n");
  write_file(proc_.of(101) / "cgroup", "0::/../other\n");
  EXPECT_FALSE(limits_.of(100, later()));
  EXPECT_FALSE(limits_.of(101, later()));
  EXPECT_FALSE(limits_.of(102, later())) << "gone";
}

} // namespace
} // namespace linger::discover
