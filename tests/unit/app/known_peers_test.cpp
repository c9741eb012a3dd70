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
              ElementsAre(KnownPeer{ "127.0.0.1", 15432, Cause::database, "postgresql" }));
  EXPECT_THAT(
      known_peers({ { .address = "[fd00::7]:6400", .port = 6400, .comm = "redis-server" } }),
      ElementsAre(KnownPeer{ "fd00::7", 6400, Cause::cache, "redis" }));
}

TEST(KnownPeers, TakesAUnixSocketByItsPath)
{
  EXPECT_THAT(known_peers({ { .address = "unix:/run/redis.sock",
                              .path = "/run/redis.sock",
                              .comm = "redis-server" } }),
              ElementsAre(KnownPeer{ "/run/redis.sock", 0, Cause::cache, "redis" }));
}

TEST(KnownPeers, ReachesWhatIsBoundToAllAddressesByLoopback)
{
  EXPECT_THAT(known_peers({ { .address = "0.0.0.0:3307", .port = 3307, .comm = "mysqld" } }),
              ElementsAre(KnownPeer{ "127.0.0.1", 3307, Cause::database, "mysql" }));
  EXPECT_THAT(known_peers({ { .address = "[::]:3307", .port = 3307, .comm = "mysqld" } }),
              ElementsAre(KnownPeer{ "127.0.0.1", 3307, Cause::database, "mysql" },
                          KnownPeer{ "::1", 3307, Cause::database, "mysql" }));
}

TEST(KnownPeers, LeavesProgramsItDoesNotKnowToBeUpstreams)
{
  EXPECT_THAT(known_peers({ { .address = "127.0.0.1:80", .port = 80, .comm = "nginx" },
                            { .address = "127.0.0.1:81", .port = 81, .comm = "" } }),
              IsEmpty());
}

TEST(KnownProgram, KnowsNamesThatTheKernelCutShort)
{
  const KnownProgram *resolver = known_program("systemd-resolve");
  ASSERT_NE(resolver, nullptr);
  EXPECT_EQ(resolver->cause, Cause::dns);
  EXPECT_EQ(resolver->name, "systemd-resolved");
  EXPECT_EQ(known_program("postgresql"), nullptr);
}

} // namespace
} // namespace linger::app
