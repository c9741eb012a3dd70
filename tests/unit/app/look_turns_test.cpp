#include "app/look_turns.h"

#include <gtest/gtest.h>
#include <map>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

std::vector<domain::Server> servers(std::uint32_t workers)
{
  domain::Server server;
  for (std::uint32_t i = 0; i < workers; ++i)
    server.workers.push_back({ .tgid = 100 + i });
  return { server };
}

/// Looks that each take `cost`, ten turns a second, every worker under load.
std::map<std::uint32_t, int> looks_in(LookTurns &turns, std::uint32_t workers, domain::Nanos time,
                                      domain::Nanos cost)
{
  std::map<std::uint32_t, int> looks;
  domain::MonotonicTime now{ 1s };
  for (const domain::MonotonicTime end = now + time; now < end; now += 100ms) {
    for (std::uint32_t i = 0; i < workers; ++i)
      turns.served(100 + i);
    domain::MonotonicTime within = now;
    while (const auto tgid = turns.next(within)) {
      ++looks[*tgid];
      turns.spent(cost);
      within += cost;
    }
  }
  return looks;
}

TEST(LookTurns, LookAtOneWorkerAtEveryTurn)
{
  LookTurns turns;
  turns.set_workers(servers(1));
  EXPECT_EQ(looks_in(turns, 1, 10s, 500us).at(100), 100);
}

TEST(LookTurns, KeepToTheBudgetAndLeaveNobodyOut)
{
  LookTurns turns;
  turns.set_workers(servers(500));
  const auto looks = looks_in(turns, 500, 100s, 1ms);
  EXPECT_EQ(looks.size(), 500U);
  int all = 0;
  for (const auto &[tgid, count] : looks) {
    EXPECT_GE(count, 1);
    EXPECT_LE(count, 3);
    all += count;
  }
  EXPECT_NEAR(all, 100'000 * LookTurns::budget, 10);
}

TEST(LookTurns, PayForALookThatTookLong)
{
  LookTurns turns;
  turns.set_workers(servers(1));
  EXPECT_NEAR(looks_in(turns, 1, 100s, 80ms).at(100), 100 / 8, 2);
}

TEST(LookTurns, LeaveAloneWhoServesNothing)
{
  LookTurns turns;
  turns.set_workers(servers(2));
  domain::MonotonicTime now{ 1s };
  EXPECT_TRUE(turns.next(now)) << "the first look, before any request";
  EXPECT_TRUE(turns.next(now));
  now += 10s;
  EXPECT_FALSE(turns.next(now));
  EXPECT_FALSE(turns.anybody_waits());
  turns.served(101);
  EXPECT_TRUE(turns.anybody_waits());
  turns.served(9); // nobody knows it
  turns.set_workers(servers(2));
  EXPECT_EQ(turns.next(now), 101U);
  EXPECT_FALSE(turns.next(now));

  turns.served(101);
  turns.set_workers(servers(1));
  EXPECT_FALSE(turns.next(now + 10s)) << "it is gone";
}

} // namespace
} // namespace linger::app
