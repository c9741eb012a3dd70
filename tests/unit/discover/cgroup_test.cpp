#include "discover/cgroup.h"

#include "unit/discover/fake_proc.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

constexpr std::string_view both =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:7 master:1 - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
    "41 31 0:38 /slice\\040one /sys/fs/cgroup/uni\\134fied rw - cgroup2 cgroup2 rw,nsdelegate\n"
    "51 31 0:38 / /elsewhere rw - cgroup2 cgroup2 rw\n";

TEST(CgroupMountsIn, FindsTheHierarchiesThatLimitCpuTime)
{
  const CgroupMounts mounts = cgroup_mounts_in(both);

  ASSERT_TRUE(mounts.cpu && mounts.unified);
  EXPECT_EQ(mounts.cpu->point, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(mounts.cpu->root, "/");
  EXPECT_EQ(mounts.unified->point, "/sys/fs/cgroup/uni\\fied");
  EXPECT_EQ(mounts.unified->root, "/slice one");
}

TEST(CgroupMountsIn, TakesTheMountThatShowsTheHostsGroups)
{
  const CgroupMounts mounts =
      cgroup_mounts_in("41 31 0:38 / /sys/fs/cgroup ro - cgroup2 cgroup ro\n"
                       "42 31 0:38 /../../.. /host/cgroup ro - cgroup2 cgroup ro\n");
  ASSERT_TRUE(mounts.unified);
  EXPECT_EQ(mounts.unified->point, "/host/cgroup");
}

TEST(CgroupMountsIn, TakesCpusetForNothingElse)
{
  EXPECT_FALSE(
      cgroup_mounts_in("34 31 0:31 / /cpuset rw,relatime - cgroup cgroup rw,cpuset\n").cpu);
}

TEST(CgroupMountsIn, PassesOverLinesThatAreNone)
{
  for (const char *text :
       { "", "\n\n", "34 31 0:31 / /x rw - cgroup", "a b c d e f - cgroup cgroup" })
    EXPECT_FALSE(cgroup_mounts_in(text).cpu) << text;
}

TEST(CgroupPathsIn, FindsBothVersions)
{
  const CgroupPaths paths =
      cgroup_paths_in("9:name=systemd:/\n3:cpuset:/no\n1:cpu,cpuacct:/a:b/web\n0::/pod\n");
  EXPECT_EQ(paths.cpu, "/a:b/web");
  EXPECT_EQ(paths.unified, "/pod");
}

TEST(CgroupPathsIn, HasNothingToSayOfOtherText)
{
  const CgroupPaths paths = cgroup_paths_in("nonsense\n1:cpu\n1:cpu:relative\n");
  EXPECT_EQ(paths.cpu, std::nullopt);
  EXPECT_EQ(paths.unified, std::nullopt);
}

TEST(DirectoryOfGroup, LiesBelowTheMountsRoot)
{
  EXPECT_EQ(directory_of_group({ "/", "/cg" }, "/pod/web"), "/cg/pod/web");
  EXPECT_EQ(directory_of_group({ "/", "/cg" }, "/"), "/cg");
  EXPECT_EQ(directory_of_group({ "/pod", "/cg" }, "/pod/web"), "/cg/web");
  EXPECT_EQ(directory_of_group({ "/pod", "/cg" }, "/pod"), "/cg");
}

TEST(DirectoryOfGroup, IsNotKnownForGroupsThatTheMountDoesNotShow)
{
  EXPECT_EQ(directory_of_group({ "/pod", "/cg" }, "/other"), std::nullopt);
  EXPECT_EQ(directory_of_group({ "/", "/cg" }, "/../other"), std::nullopt);
  EXPECT_EQ(directory_of_group({ "/", "/cg" }, "/a/../../b"), std::nullopt);
}

class FindGroup : public testing::Test {
protected:
  FindGroup()
  {
    for (const char *group : { "kubepods.slice/kubepods-pod1.slice/web", "system.slice/x",
                               "kubepods.slice/same", "system.slice/same" })
      std::filesystem::create_directories(directory_.path() / group);
  }
  [[nodiscard]] std::string found(const std::string &root, const std::string &group) const
  {
    const auto directory = find_group({ root, directory_.path() }, group);
    return directory ? directory->lexically_relative(directory_.path()).string() : "";
  }

  TemporaryDirectory directory_;
};

TEST_F(FindGroup, LooksForWhatLiesBetween)
{
  EXPECT_EQ(found("/../../..", "/../../kubepods-pod1.slice/web"),
            "kubepods.slice/kubepods-pod1.slice/web");
  EXPECT_EQ(found("/../..", "/web"), "kubepods.slice/kubepods-pod1.slice/web");
  EXPECT_EQ(found("/../..", "/../../system.slice/x"), "system.slice/x");
  EXPECT_EQ(found("/../..", "/../.."), ".");
  EXPECT_EQ(found("/", "/system.slice/x"), "system.slice/x");
}

TEST_F(FindGroup, GuessesNothing)
{
  for (const auto &[root, group] : std::vector<std::pair<std::string, std::string>>{
           { "/../..", "/../same" }, // of two
           { "/../..", "/../nowhere" },
           { "/../..", "/.." }, // a group above our own, by no name
           { "/..", "/../../x" },
           { "/../..", "/../../../system.slice/x" },
           { "/../..", "/../x/../../system.slice/x" },
           { "/../pod", "/../../system.slice/x" },
           { "/../../../../../..", "/web" } })
    EXPECT_EQ(found(root, group), "") << root << " " << group;
}

} // namespace
} // namespace linger::discover
