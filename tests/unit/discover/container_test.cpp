#include "discover/container.h"

#include <gtest/gtest.h>

namespace linger::discover {
namespace {

const std::string id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const std::string uid = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed";
const std::string slice_uid = "1b9d6bcd_bbfd_4b2d_9b5d_ab8dfbbd4bed";
const std::string static_uid = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

struct Named {
  std::string path;
  std::string runtime;
  std::string pod_uid;
};

TEST(ContainerIn, KnowsHowTheRuntimesNameTheirGroups)
{
  const std::vector<Named> all{
    { "/system.slice/docker-" + id + ".scope", "docker", "" },
    { "/docker/" + id, "docker", "" },
    { "/docker/" + id + "/system.slice/shop.service", "docker", "" },
    { "/system.slice/nerdctl-" + id + ".scope", "containerd", "" },
    { "/kubepods.slice/kubepods-pod" + slice_uid + ".slice/cri-containerd-" + id + ".scope",
      "containerd", uid },
    { "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + slice_uid +
          ".slice/cri-containerd-" + id + ".scope",
      "containerd", uid },
    { "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + slice_uid +
          ".slice/cri-containerd-" + id + ".scope/init.scope",
      "containerd", uid },
    { "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" + slice_uid +
          ".slice/cri-containerd-" + id + ".scope",
      "containerd", uid },
    { "/system.slice/containerd.service/kubepods-burstable-pod" + slice_uid +
          ".slice:cri-containerd:" + id,
      "containerd", uid },
    { "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + slice_uid +
          ".slice/crio-" + id + ".scope",
      "cri-o", uid },
    { "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + slice_uid +
          ".slice/crio-" + id + ".scope/container",
      "cri-o", uid },
    { "/kubepods/burstable/pod" + uid + "/crio-" + id, "cri-o", uid },
    { "/kubepods.slice/kubepods-pod" + slice_uid + ".slice/docker-" + id + ".scope", "docker",
      uid },
    // Nothing says which runtime that is.
    { "/kubepods/besteffort/pod" + uid + "/" + id, "", uid },
    { "/kubepods/pod" + uid + "/" + id + "/init.scope", "", uid },
    { "/kubepods/burstable/pod" + static_uid + "/" + id, "", static_uid },
    { "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + static_uid +
          ".slice/cri-containerd-" + id + ".scope",
      "containerd", static_uid },
    { "/machine.slice/libpod-" + id + ".scope/container", "podman", "" },
    { "/libpod_parent/libpod-" + id, "podman", "" },
    { "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + id + ".scope", "podman",
      "" },
    // From within a control group namespace.
    { "/../../kubepods-burstable-pod" + slice_uid + ".slice/cri-containerd-" + id + ".scope",
      "containerd", uid },
  };
  for (const Named &each : all) {
    const domain::Container container = container_in("0::" + each.path + "\n");
    EXPECT_EQ(container.id, "0123456789ab") << each.path;
    EXPECT_EQ(container.runtime, each.runtime) << each.path;
    EXPECT_EQ(container.pod_uid, each.pod_uid) << each.path;
  }
}

TEST(ContainerIn, LooksAtEveryHierarchyOfTheFirstVersion)
{
  const domain::Container container = container_in("4:pids:/\n3:memory:/kubepods/burstable/pod" +
                                                   uid + "/" + id + "\n2:name=systemd:/\n0::/\n");
  EXPECT_EQ(container.id, "0123456789ab");
  EXPECT_EQ(container.pod_uid, uid);
}

TEST(ContainerIn, TakesTheInnermostOfNestedOnes)
{
  const std::string outer(64, 'f');
  EXPECT_EQ(container_in("0::/docker/" + outer + "/docker/" + id).id, "0123456789ab");
  // A node of kind: its pods are in a container of Docker's.
  const domain::Container container = container_in(
      "0::/docker/" + outer + "/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" +
      slice_uid + ".slice/cri-containerd-" + id + ".scope");
  EXPECT_EQ(container.runtime, "containerd");
  EXPECT_EQ(container.pod_uid, uid);
}

TEST(ContainerIn, TakesNothingElseForAPod)
{
  for (const std::string &above :
       { std::string("pod"), std::string("pod1-2"), "tripod" + uid, "pod" + uid + "0",
         "pod" + slice_uid, "podx" + uid.substr(1), "kubepods-pod" + uid + "_.slice" }) {
    const domain::Container container = container_in("0::/" + above + "/" + id);
    EXPECT_EQ(container.id, "0123456789ab") << above;
    EXPECT_EQ(container.pod_uid, "") << above;
  }
}

TEST(ContainerIn, IsEmptyOnTheHost)
{
  for (const std::string &text :
       { std::string(""), std::string("0::/\n"), std::string("0::"), std::string("\n\n:/"),
         std::string("0::/user.slice/user-1000.slice/session-2.scope\n"),
         std::string("4:memory:/process_api/7c89f131c7e60bdc9c976a259ffeeb3b\n"),
         "0::/docker/" + id.substr(1), "0::/docker/x" + id, "0::/docker/" + std::string(64, 'z'),
         "0::/kubepods/pod" + uid })
    EXPECT_EQ(container_in(text), domain::Container{}) << text;
}

TEST(IsPodUid, KnowsUuidsAndHashes)
{
  EXPECT_TRUE(is_pod_uid(uid));
  EXPECT_TRUE(is_pod_uid(static_uid));
  for (const std::string &text : { std::string(), uid.substr(1), uid + "0", slice_uid,
                                   std::string(36, '-'), std::string(32, 'A') })
    EXPECT_FALSE(is_pod_uid(text)) << text;
}

} // namespace
} // namespace linger::discover
