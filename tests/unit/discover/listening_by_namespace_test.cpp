#include "discover/listening_by_namespace.h"

#include "unit/discover/fake_proc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

class ListeningByNamespaceTest : public testing::Test {
protected:
  void look_after(domain::Nanos span) { namespaces_.begin_look(now_ += span); }

  /// As a look at the host does it.
  std::optional<std::vector<std::uint64_t>> ask(std::uint32_t tgid)
  {
    return namespaces_.listening_among(tgid, *socket_inodes_of(proc_.path(), tgid));
  }

  FakeProc proc_;
  ListeningByNamespace namespaces_{ proc_.path() };
  domain::MonotonicTime now_{ 1h };
};

TEST_F(ListeningByNamespaceTest, ReadsEachNamespaceOnceInALook)
{
  proc_.listen_tcp("0100007F:1F40", 77);
  proc_.add({ .tgid = 10 });
  proc_.forget_sockets();
  proc_.add({ .tgid = 11 });
  proc_.listen_tcp("0100007F:1F41", 78);
  proc_.add({ .tgid = 12, .net_namespace = "net:[2]" });
  look_after(0s);

  const ListeningSockets *const sockets = namespaces_.of(10);

  ASSERT_NE(sockets, nullptr);
  EXPECT_EQ(sockets->at(77).address, "127.0.0.1:8000");
  EXPECT_EQ(namespaces_.of(11), sockets);
  EXPECT_EQ(namespaces_.of(12)->at(78).address, "127.0.0.1:8001");
  EXPECT_FALSE(namespaces_.of(12)->contains(77));
  EXPECT_EQ(namespaces_.reads(), 2);
}

TEST_F(ListeningByNamespaceTest, DoesNotTakeAProcessThatIsGoneForAnEmptyNamespace)
{
  proc_.listen_tcp("0100007F:1F40", 77);
  FakeProc::link("net:[4026531840]", proc_.of(9) / "ns" / "net");
  proc_.add({ .tgid = 10 });
  look_after(0s);

  EXPECT_EQ(namespaces_.of(8), nullptr);
  EXPECT_EQ(namespaces_.of(9), nullptr);
  ASSERT_NE(namespaces_.of(10), nullptr);
  EXPECT_TRUE(namespaces_.of(10)->contains(77));
}

TEST_F(ListeningByNamespaceTest, DoesNotReadAgainForWorkersThatComeAndGo)
{
  proc_.listen_tcp("0100007F:1F40", 77);
  proc_.add({ .tgid = 10, .sockets = { 77 } });
  for (std::uint32_t worker = 100; worker < 300; ++worker) {
    proc_.add({ .tgid = worker, .sockets = { 77, 1000 + worker } });
    look_after(100ms);
    EXPECT_THAT(ask(10), Optional(ElementsAre(77)));
    EXPECT_THAT(ask(worker), Optional(ElementsAre(77)));
  }
  EXPECT_EQ(namespaces_.reads(), 1);
}

TEST_F(ListeningByNamespaceTest, SeesAYoungProcessBeginToListen)
{
  proc_.add({ .tgid = 10 });
  for (int i = 0; i < 5; ++i) {
    look_after(2s);
    EXPECT_THAT(ask(10), Optional(IsEmpty()));
  }
  proc_.listen_tcp("0100007F:1F40", 77);
  proc_.add({ .tgid = 10, .sockets = { 77 } });

  look_after(2s);

  EXPECT_THAT(ask(10), Optional(ElementsAre(77)));
}

TEST_F(ListeningByNamespaceTest, ReadsSeldomerForOneThatNeverListens)
{
  proc_.add({ .tgid = 10, .sockets = { 5 } });
  for (int i = 0; i < 1800; ++i) { // an hour
    look_after(2s);
    EXPECT_THAT(ask(10), Optional(IsEmpty()));
  }
  EXPECT_LT(namespaces_.reads(), 100); // every minute, and some in the beginning
  EXPECT_GE(namespaces_.reads(), 50);
}

TEST_F(ListeningByNamespaceTest, ReadsFewOldNamespacesInOneLook)
{
  constexpr std::uint32_t many = 50;
  proc_.listen_tcp("0100007F:1F40", 77);
  for (std::uint32_t pod = 1; pod <= many; ++pod)
    proc_.add({ .tgid = pod, .sockets = { 77 }, .net_namespace = fmt::format("net:[{}]", pod) });
  const auto look = [&] {
    const std::uint64_t before = namespaces_.reads();
    look_after(2s);
    for (std::uint32_t pod = 1; pod <= many; ++pod)
      EXPECT_THAT(ask(pod), Optional(ElementsAre(77)));
    return namespaces_.reads() - before;
  };
  EXPECT_EQ(look(), many);
  std::uint64_t reads = 0;
  for (int i = 0; i < 60; ++i) {
    const std::uint64_t now = look();
    EXPECT_LE(now, ListeningByNamespace::max_refreshed);
    reads += now;
  }
  EXPECT_GE(reads, many); // all of them in two minutes
}

TEST_F(ListeningByNamespaceTest, ForgetsNamespacesThatAreGone)
{
  proc_.listen_tcp("0100007F:1F40", 77);
  for (std::uint32_t pod = 0; pod < ListeningByNamespace::max_namespaces + 200; ++pod) {
    const std::string name = fmt::format("net:[{}]", pod);
    proc_.add({ .tgid = 10, .sockets = { 77 }, .net_namespace = name });
    look_after(2s);
    ASSERT_THAT(ask(10), Optional(ElementsAre(77))) << pod;
    std::filesystem::remove_all(proc_.of(10));
  }
}

} // namespace
} // namespace linger::discover
