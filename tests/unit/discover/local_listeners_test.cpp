#include "discover/local_listeners.h"

#include "unit/discover/fake_proc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::discover {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;

const LocalListener postgres{ "127.0.0.1:15432", 15432, "", "postgres", 500 };

std::vector<LocalListener> listeners_in(const std::filesystem::path &proc)
{
  ListeningByNamespace namespaces(proc);
  return local_listeners(proc, namespaces);
}

TEST(LocalListeners, NamesAProcessThatHoldsTheSocket)
{
  FakeProc proc;
  proc.listen_tcp("0100007F:3C48", 77);
  proc.listen_unix("/run/.s.PGSQL.15432", 78);
  proc.connect_tcp("0100007F:3C48", 79);
  proc.add({ .tgid = 500, .comm = "postgres", .sockets = { 77, 78, 79 } });

  EXPECT_THAT(listeners_in(proc.path()),
              ElementsAre(postgres, LocalListener{ "unix:/run/.s.PGSQL.15432", 0,
                                                   "/run/.s.PGSQL.15432", "postgres", 500 }));
}

TEST(LocalListeners, PrefersAnotherProcessToInit)
{
  FakeProc proc;
  proc.listen_tcp("0100007F:3C48", 77);
  proc.listen_tcp("0100007F:0016", 78);
  proc.add({ .tgid = 1, .parent_tgid = 0, .comm = "systemd", .sockets = { 77, 78 } });
  proc.add({ .tgid = 500, .comm = "postgres", .sockets = { 77 } });

  EXPECT_THAT(listeners_in(proc.path()),
              ElementsAre(postgres, LocalListener{ "127.0.0.1:22", 22, "", "systemd", 1 }));
}

TEST(LocalListeners, SeesEveryNamespace)
{
  FakeProc proc;
  proc.add({ .tgid = 400, .comm = "nginx" });
  proc.listen_tcp("0100007F:3C48", 77);
  proc.add({ .tgid = 500, .comm = "postgres", .sockets = { 77 }, .net_namespace = "net:[2]" });

  EXPECT_THAT(listeners_in(proc.path()), ElementsAre(postgres));
}

TEST(LocalListeners, LeavesTheNameEmptyWhereItMayNotBeSeen)
{
  FakeProc proc;
  proc.listen_tcp("0100007F:3C48", 77);
  proc.add({ .tgid = 500, .comm = "postgres", .sockets = { 77 } });
  std::filesystem::permissions(proc.of(500) / "fd", std::filesystem::perms::none);
  const Unprivileged nobody;

  EXPECT_THAT(listeners_in(proc.path()),
              ElementsAre(LocalListener{ "127.0.0.1:15432", 15432, "", "" }));
}

TEST(LocalListeners, PassesOverProcessesThatVanish)
{
  FakeProc proc;
  proc.listen_tcp("0100007F:3C48", 77);
  proc.add({ .tgid = 500, .sockets = { 77 } });
  std::filesystem::remove(proc.of(500) / "stat");
  std::filesystem::create_directories(proc.of(501));

  EXPECT_THAT(listeners_in(proc.path()),
              ElementsAre(LocalListener{ "127.0.0.1:15432", 15432, "", "" }));
  EXPECT_THAT(listeners_in("/nonexistent"), IsEmpty());
}

} // namespace
} // namespace linger::discover
