#include "app/known_peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::app {
namespace {

using domain::Cause;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(KnownPeers, TakesADatabaseOnAPrivatePortByTheProgramThatListens)
{
  EXPECT_THAT(known_peers({ { .address = "127.0.0.1:15432", .port = 15432, .comm = "postgres" } }),
              ElementsAre(KnownPeer{ "127.0.0.1", 15432, Cause::database }));
  EXPECT_THAT(
      known_peers({ { .address = "[fd00::7]:6400", .port = 6400, .comm = "redis-server" } }),
      ElementsAre(KnownPeer{ "fd00::7", 6400, Cause::cache }));
}

TEST(KnownPeers, TakesAUnixSocketByItsPath)
{
  EXPECT_THAT(known_peers({ { .address = "unix:/run/redis.sock",
                              .path = "/run/redis.sock",
                              .comm = "redis-server" } }),
              ElementsAre(KnownPeer{ "/run/redis.sock", 0, Cause::cache }));
}

TEST(KnownPeers, ReachesWhatIsBoundToAllAddressesByLoopback)
{
  EXPECT_THAT(known_peers({ { .address = "0.0.0.0:3307", .port = 3307, .comm = "mysqld" } }),
              ElementsAre(KnownPeer{ "127.0.0.1", 3307, Cause::database }));
  EXPECT_THAT(known_peers({ { .address = "[::]:3307", .port = 3307, .comm = "mysqld" } }),
              ElementsAre(KnownPeer{ "127.0.0.1", 3307, Cause::database },
                          KnownPeer{ "::1", 3307, Cause::database }));
}

TEST(KnownPeers, LeavesProgramsItDoesNotKnowToBeUpstreams)
{
  EXPECT_THAT(known_peers({ { .address = "127.0.0.1:80", .port = 80, .comm = "nginx" },
                            { .address = "127.0.0.1:81", .port = 81, .comm = "" } }),
              IsEmpty());
}

TEST(CauseOfProgram, KnowsNamesThatTheKernelCutShort)
{
  EXPECT_EQ(cause_of_program("systemd-resolve"), Cause::dns);
  EXPECT_EQ(cause_of_program("postgresql"), std::nullopt);
}

} // namespace
} // namespace linger::app
