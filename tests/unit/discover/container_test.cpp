#include "discover/container.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

const std::string id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

TEST(ContainerIn, KnowsHowTheRuntimesNameTheirGroups)
{
  for (const std::string &path : {
           "/system.slice/docker-" + id + ".scope",
           "/docker/" + id,
           "/kubepods.slice/kubepods-pod1_2.slice/cri-containerd-" + id + ".scope",
           "/kubepods/besteffort/pod1-2/" + id,
           "/kubepods-besteffort-pod1.slice:cri-containerd:" + id,
           "/kubepods.slice/crio-" + id + ".scope",
           "/machine.slice/libpod-" + id + ".scope/container",
           "/docker/" + id + "/system.slice/shop.service",
       })
    EXPECT_EQ(container_in("0::" + path + "\n"), "0123456789ab") << path;
}

TEST(ContainerIn, LooksAtEveryHierarchyOfTheFirstVersion)
{
  EXPECT_EQ(container_in("4:pids:/\n3:memory:/docker/" + id + "\n0::/\n"), "0123456789ab");
}

TEST(ContainerIn, TakesTheInnermostOfNestedOnes)
{
  EXPECT_EQ(container_in("0::/docker/" + std::string(64, 'f') + "/docker/" + id), "0123456789ab");
}

TEST(ContainerIn, IsEmptyOnTheHost)
{
  EXPECT_EQ(container_in(""), "");
  EXPECT_EQ(container_in("0::/\n"), "");
  EXPECT_EQ(container_in("0::/user.slice/user-1000.slice/session-2.scope\n"), "");
  EXPECT_EQ(container_in("4:memory:/process_api/7c89f131c7e60bdc9c976a259ffeeb3b\n"), "");
  EXPECT_EQ(container_in("0::/docker/" + id.substr(1)), "");
  EXPECT_EQ(container_in("0::/docker/x" + id), "");
  EXPECT_EQ(container_in("0::/docker/" + std::string(64, 'z')), "");
}

} // namespace
} // namespace linger::discover
