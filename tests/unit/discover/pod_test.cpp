#include "discover/pod.h"

#include "unit/discover/fake_proc.h"

#include <gmock/gmock.h>

namespace linger::discover {
namespace {

const std::string uid = "1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed";
const std::string other_uid = "2b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed";

TEST(PodLogsNamed, TakesTheThreeApart)
{
  const auto pod = pod_logs_named("shop_web-7d9c5b8f6d-x2x4z_" + uid);
  ASSERT_TRUE(pod);
  EXPECT_EQ(pod->pod_namespace, "shop");
  EXPECT_EQ(pod->pod, "web-7d9c5b8f6d-x2x4z");
  EXPECT_EQ(pod->uid, uid);

  const auto of_file =
      pod_logs_named("kube-system_etcd-node1.example.org_0f1e2d3c4b5a69788796a5b4c3d2e1f0");
  ASSERT_TRUE(of_file);
  EXPECT_EQ(of_file->pod, "etcd-node1.example.org");
}

TEST(PodLogsNamed, IsNothingForOtherNames)
{
  for (const std::string &name :
       { std::string(), std::string("shop"), "shop_" + uid, "_web_" + uid, "shop__" + uid,
         "shop_web_" + uid + "_x", "Shop_web_" + uid, "sh.op_web_" + uid, "shop_we\nb_" + uid,
         "shop_web_" + uid.substr(1), "shop_" + std::string(254, 'a') + "_" + uid })
    EXPECT_FALSE(pod_logs_named(name)) << name;
}

std::string mount_of(const std::string &root)
{
  return "512 480 8:1 " + root + " /dev/termination-log rw,relatime - ext4 /dev/sda1 rw\n";
}

TEST(ContainerNameIn, IsThatOfItsTerminationLog)
{
  EXPECT_EQ(container_name_in("22 1 0:5 / /proc rw - proc proc rw\n" +
                                  mount_of("/var/lib/kubelet/pods/" + uid + "/etc-hosts") +
                                  mount_of("/var/lib/kubelet/pods/" + uid + "/containers/app/9c2f"),
                              uid),
            "app");
  // Where /var/lib/kubelet is a file system of its own.
  EXPECT_EQ(container_name_in(mount_of("/pods/" + uid + "/containers/app/9c2f"), uid), "app");
}

TEST(ContainerNameIn, IsEmptyForAnotherPodsFilesAndOtherText)
{
  for (const std::string &text :
       { std::string(), std::string("a b c"),
         mount_of("/var/lib/kubelet/pods/" + other_uid + "/containers/app/9c2f"),
         mount_of("/var/lib/kubelet/pods/" + uid + "/containers/app"),
         mount_of("/var/lib/kubelet/pods/" + uid + "/containers//9c2f"),
         mount_of("/var/lib/kubelet/pods/" + uid + "/containers/a\\040b/9c2f") })
    EXPECT_EQ(container_name_in(text, uid), "") << text;
  EXPECT_EQ(container_name_in(mount_of("/pods//containers/app/9c2f"), ""), "");
}

TEST(WorkloadOf, TakesOffWhatKubernetesAdds)
{
  EXPECT_EQ(workload_of("web-7d9c5b8f6d-x2x4z"), "web");
  EXPECT_EQ(workload_of("shop-web-6799fc88d8-9kx2v"), "shop-web");
  EXPECT_EQ(workload_of("linger-x2x4z"), "linger");
  EXPECT_EQ(workload_of("postgres-0"), "postgres");
  EXPECT_EQ(workload_of("web-12"), "web");
}

TEST(WorkloadOf, IsTheNameItselfWhereNothingWasAdded)
{
  for (const char *name : { "", "web", "-", "web-", "-x2x4z", "kube-apiserver-node1", "web-cache",
                            "nightly-28812345" })
    EXPECT_EQ(workload_of(name), name);
}

class NodePodsOf : public testing::Test {
protected:
  [[nodiscard]] domain::Container described(const std::string &pod_uid = uid)
  {
    domain::Container container{ .id = "0123456789ab", .pod_uid = pod_uid };
    gap_ = NodePods(logs_.path()).describe(proc_.path(), 100, container);
    return container;
  }
  void log(const std::string &file) { write_file(logs_.path() / file, ""); }

  FakeProc proc_;
  TemporaryDirectory logs_;
  std::optional<std::string> gap_;
};

TEST_F(NodePodsOf, AreNamedByTheirLogs)
{
  log("shop_web-0_" + uid + "/app/0.log");
  log("shop_web-1_" + other_uid + "/proxy/0.log");
  const domain::Container container = described();
  EXPECT_EQ(container.pod_namespace, "shop");
  EXPECT_EQ(container.pod, "web-0");
  EXPECT_EQ(container.workload, "web");
  EXPECT_EQ(container.name, "app") << "there is no other";
  EXPECT_EQ(gap_, std::nullopt);
}

TEST_F(NodePodsOf, AreNotGuessedAtWhereTheyHaveSeveralContainers)
{
  log("shop_web-0_" + uid + "/app/0.log");
  log("shop_web-0_" + uid + "/proxy/0.log");
  EXPECT_EQ(described().name, "");
  write_file(proc_.of(100) / "mountinfo", mount_of("/pods/" + uid + "/containers/proxy/1"));
  EXPECT_EQ(described().name, "proxy");
}

TEST_F(NodePodsOf, AreToldAsUnknownWithTheReason)
{
  EXPECT_EQ(described().pod, "");
  EXPECT_THAT(gap_.value_or(""), testing::AllOf(testing::HasSubstr(uid),
                                                testing::HasSubstr("has no directory of it")));
  domain::Container container{ .id = "0123456789ab", .pod_uid = uid };
  const auto gap = NodePods("/nonexistent").describe(proc_.path(), 100, container);
  EXPECT_THAT(gap.value_or(""), testing::HasSubstr("list /nonexistent: No such file"));
}

TEST_F(NodePodsOf, LeaveOtherContainersAlone)
{
  EXPECT_EQ(described(""), domain::Container{ .id = "0123456789ab" });
  EXPECT_EQ(gap_, std::nullopt);
}

} // namespace
} // namespace linger::discover
