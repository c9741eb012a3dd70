#include "domain/thread_requests.h"

#include "unit/domain/observations.h"

#include <gtest/gtest.h>

namespace linger::domain {
namespace {

using namespace test;

TEST(ThreadRequestsTest, TellsAnEndedRequestAtOnce)
{
  ThreadRequests thread;

  ASSERT_EQ(thread.add(request(1, 0ms, 5ms)).size(), 1U);
  EXPECT_TRUE(thread.told(1));
  EXPECT_TRUE(thread.finish().empty());
}

TEST(ThreadRequestsTest, ReplacesAProvisionalRecord)
{
  ThreadRequests thread;

  EXPECT_TRUE(thread.add(provisional(request(1, 0ms, 5ms))).empty());
  EXPECT_TRUE(thread.add(provisional(request(1, 0ms, 7ms))).empty());
  EXPECT_TRUE(thread.recorded(1));
  EXPECT_FALSE(thread.told(1));
  const auto whole = thread.add(request(1, 0ms, 9ms));

  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].request.window.end, at(9ms));
}

TEST(ThreadRequestsTest, TellsAProvisionalRecordWhenTheNextRequestComes)
{
  ThreadRequests thread;
  ASSERT_TRUE(thread.add(provisional(request(1, 0ms, 5ms))).empty());

  const auto whole = thread.add(request(2, 6ms, 8ms));

  ASSERT_EQ(whole.size(), 2U);
  EXPECT_EQ(whole[0].request.sequence, 1U);
  EXPECT_EQ(whole[1].request.sequence, 2U);
}

TEST(ThreadRequestsTest, NeverTellsARequestTwice)
{
  ThreadRequests thread;
  ASSERT_EQ(thread.add(request(1, 0ms, 5ms)).size(), 1U);

  EXPECT_TRUE(thread.add(request(1, 0ms, 5ms)).empty());
  EXPECT_TRUE(thread.add(request(1, 0ms, 6ms)).empty()); // its last bytes came after all
  ASSERT_EQ(thread.add(request(2, 6ms, 8ms)).size(), 1U);
  EXPECT_TRUE(thread.add(request(1, 0ms, 6ms)).empty());
}

TEST(ThreadRequestsTest, StartsOverWhenANewThreadHasTheSameNumber)
{
  ThreadRequests thread;
  ASSERT_EQ(thread.add(request(40, 0ms, 5ms)).size(), 1U);

  EXPECT_EQ(thread.add(request(1, 100ms, 105ms)).size(), 1U);
  EXPECT_EQ(thread.add(request(2, 110ms, 115ms)).size(), 1U);
  EXPECT_FALSE(thread.told(40));
}

TEST(ThreadRequestsTest, GivesEachRequestItsOwnWaits)
{
  ThreadRequests thread;
  thread.add(wait_in(1, Cause::database, "db", 3ms));
  ASSERT_TRUE(thread.add(provisional(request(1, 0ms, 5ms))).empty());
  thread.add(wait_in(2, Cause::sleep, "clock_nanosleep", 4ms));

  const auto whole = thread.add(request(2, 6ms, 12ms));

  ASSERT_EQ(whole.size(), 2U);
  ASSERT_EQ(whole[0].waits.top(9).size(), 1U);
  EXPECT_EQ(whole[0].waits.top(9)[0].what, "db");
  ASSERT_EQ(whole[1].waits.top(9).size(), 1U);
  EXPECT_EQ(whole[1].waits.top(9)[0].what, "clock_nanosleep");
}

TEST(ThreadRequestsTest, ForgetsTheWaitsOfRequestsThatWereLost)
{
  ThreadRequests thread;
  for (std::uint64_t lost = 1; lost <= 100'000; ++lost)
    thread.add(wait_in(lost, Cause::database, "db", 3ms));
  thread.add(wait_in(100'001, Cause::cache, "redis", 2ms));

  const auto whole = thread.add(request(100'001, 0ms, 5ms));

  ASSERT_EQ(whole.size(), 1U);
  ASSERT_EQ(whole[0].waits.top(9).size(), 1U);
  EXPECT_EQ(whole[0].waits.top(9)[0].what, "redis");
}

TEST(ThreadRequestsTest, KeepsTheRequestsOfEachConnectionOfALoopApart)
{
  ThreadRequests thread;
  EXPECT_TRUE(thread.add(interleaved(7, provisional(request(1, 0ms, 50ms)))).empty());
  EXPECT_EQ(thread.add(interleaved(8, request(3, 20ms, 30ms))).size(), 1U);
  EXPECT_EQ(thread.add(interleaved(9, request(2, 10ms, 40ms))).size(),
            1U); // began before, ends after
  EXPECT_TRUE(thread.add(interleaved(9, request(2, 10ms, 40ms))).empty());

  const auto whole = thread.add(interleaved(7, request(1, 0ms, 60ms)));

  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0].request.window.end, at(60ms));
  EXPECT_TRUE(thread.finish().empty());
}

TEST(ThreadRequestsTest, TellsWhatEachConnectionOfALoopHeldBack)
{
  ThreadRequests thread;
  ASSERT_TRUE(thread.add(interleaved(7, provisional(request(1, 0ms, 5ms)))).empty());
  ASSERT_TRUE(thread.add(interleaved(8, provisional(request(2, 0ms, 5ms)))).empty());

  EXPECT_EQ(thread.finish().size(), 2U);
}

TEST(ThreadRequestsTest, HoldsTheWaitsOfManyOpenRequests)
{
  constexpr std::uint64_t open = 300;
  ThreadRequests thread;
  for (std::uint64_t sequence = 1; sequence <= open; ++sequence) {
    Wait wait = wait_in(sequence, Cause::upstream, std::to_string(sequence), 3ms);
    wait.interleaved = true;
    thread.add(wait);
  }

  for (std::uint64_t sequence = open; sequence >= 1; --sequence) {
    const auto whole = thread.add(interleaved(sequence, request(sequence, 0ms, 5ms)));
    ASSERT_EQ(whole.size(), 1U);
    ASSERT_EQ(whole[0].waits.top(9).size(), 1U);
    EXPECT_EQ(whole[0].waits.top(9)[0].what, std::to_string(sequence));
  }
}

TEST(ThreadRequestsTest, ForgetsTheOldestOfTooManyConnections)
{
  ThreadRequests thread;
  ASSERT_TRUE(thread.add(interleaved(1, provisional(request(1, 0ms, 1ms)))).empty());
  std::size_t whole = 0;
  for (std::uint64_t connection = 2; connection < 10'000; ++connection)
    whole += thread.add(interleaved(connection, request(connection, 1ms, connection * 1ms))).size();

  EXPECT_EQ(whole, 9'999U); // what was held back stands
}

TEST(SiteTableTest, KnowsHowLongItsWaitsHeldALoop)
{
  SiteTable sites(4);
  sites.add(wait_in(1, Cause::sleep, "epoll_wait", 3ms));
  Wait held = wait_in(1, Cause::sleep, "clock_nanosleep", 5ms);
  held.held_loop = true;
  sites.add(held);

  EXPECT_EQ(sites.held_loop(), 5ms);
  EXPECT_TRUE(sites.top(1)[0].held_loop);
}

TEST(SiteTableTest, KeepsTheTotalsByCauseWhenItIsFull)
{
  SiteTable request_sites(4);
  for (int i = 0; i < 10; ++i)
    request_sites.add(wait_in(1, Cause::upstream, "10.0.0." + std::to_string(i), 2ms));
  SiteTable sites(2);
  sites.add_request(request_sites);
  sites.add_request(request_sites);

  const auto top = sites.top(16);
  ASSERT_EQ(top.size(), 2U);
  EXPECT_EQ(top[0].what, "(other)");
  EXPECT_EQ(top[0].requests, 2U); // not once for each of the sites that met there
  EXPECT_EQ(top[0].waits + top[1].waits, 20U);
  EXPECT_EQ(top[0].total + top[1].total, 40ms);
}

TEST(SiteTableTest, PutsTheMostTotalTimeFirstAndCutsTheRest)
{
  SiteTable sites(64);
  for (int i = 1; i <= 20; ++i)
    sites.add(wait_in(1, Cause::database, std::to_string(i), i * 1ms));

  const auto top = sites.top(16);
  ASSERT_EQ(top.size(), 16U);
  EXPECT_EQ(top.front().what, "20");
  EXPECT_EQ(top.back().what, "5");
}

} // namespace
} // namespace linger::domain
