#include "app/server_members.h"

#include <gtest/gtest.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;
using Kind = domain::ProcessEvent::Kind;

domain::MonotonicTime at(domain::Nanos since_boot)
{
  return domain::MonotonicTime{ since_boot };
}

domain::ServersSeen seen(domain::Nanos time)
{
  domain::Server server;
  server.master_tgid = 100;
  server.workers = { { .tgid = 101 }, { .tgid = 102 } };
  return { .time = at(time), .servers = { server } };
}

domain::ProcessEvent event(Kind kind, std::uint32_t tgid, std::uint32_t parent_tgid,
                           domain::Nanos time = 1s)
{
  return { .kind = kind, .time = at(time), .tgid = tgid, .parent_tgid = parent_tgid };
}

TEST(ServerMembers, KnowsMasterAndWorkersOfTheServersSeen)
{
  ServerMembers members;
  members.add(seen(1s));

  EXPECT_EQ(members.master_of(100), 100);
  EXPECT_EQ(members.master_of(102), 100);
  EXPECT_EQ(members.master_of(103), std::nullopt);
}

TEST(ServerMembers, TakesInAWorkerAsSoonAsItIsForked)
{
  ServerMembers members;
  members.add(seen(1s));
  members.add(event(Kind::started, 103, 100));
  members.add(event(Kind::started, 999, 998));

  EXPECT_EQ(members.master_of(103), 100);
  EXPECT_EQ(members.master_of(999), std::nullopt);
}

TEST(ServerMembers, RemembersAProcessThatEndedForAMinute)
{
  ServerMembers members;
  members.add(seen(1s));
  members.add(event(Kind::started, 103, 100, 2s));
  members.add(event(Kind::exited, 103, 100, 10s));

  members.add(seen(60s));
  EXPECT_EQ(members.master_of(103), 100);
  members.add(seen(71s));
  EXPECT_EQ(members.master_of(103), std::nullopt);
}

TEST(ServerMembers, GivesAReusedNumberToItsNewOwner)
{
  ServerMembers members;
  members.add(seen(1s));
  members.add(event(Kind::exited, 101, 100, 2s));
  domain::Server other;
  other.master_tgid = 200;
  other.workers = { { .tgid = 101 } };
  members.add(domain::ServersSeen{ .time = at(3s), .servers = { other } });

  EXPECT_EQ(members.master_of(101), 200);
}

} // namespace
} // namespace linger::app
