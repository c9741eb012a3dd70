#include "domain/look_growth.h"

#include <gtest/gtest.h>
#include <random>

namespace linger::domain {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t worker = 7;
constexpr std::uint32_t max_busy_looks = 16;

MonotonicTime at(Nanos time)
{
  return MonotonicTime{ time };
}

TimeWindow window(Nanos begin, Nanos end)
{
  return { at(begin), at(end) };
}

/// Past the first requests, which count nowhere, with a look at `time`.
LookBlocks warmed_up(Nanos time, std::uint64_t used_bytes)
{
  LookBlocks blocks{ max_busy_looks };
  for (std::uint32_t i = 0; i < LookBlocks::warm_up_requests; ++i)
    blocks.add_request(window(1ms * i, 1ms * i), 1);
  EXPECT_FALSE(blocks.add_look(window(time, time), used_bytes));
  return blocks;
}

TEST(LookBlocks, RunFromLookToLook)
{
  LookBlocks blocks = warmed_up(1s, 1000);
  blocks.add_request(window(1100ms, 1200ms), 5);
  EXPECT_FALSE(blocks.add_look(window(2s, 2s), 1500));
  // One of before that is told of late, and one of after.
  blocks.add_request(window(1800ms, 1900ms), 6);
  blocks.add_request(window(2100ms, 2200ms), 5);
  const auto block = blocks.add_look(window(3s, 3s), 1700);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->requests, (std::map<std::uint32_t, std::uint32_t>{ { 5, 1 }, { 6, 1 } }));
  EXPECT_EQ(block->change_bytes, 500);
  EXPECT_EQ(block->window.begin, at(1s));
  EXPECT_EQ(block->window.end, at(2s));

  const auto next = blocks.add_look(window(4s, 4s), 1600);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->requests, (std::map<std::uint32_t, std::uint32_t>{ { 5, 1 } }));
  EXPECT_EQ(next->change_bytes, 200);
}

TEST(LookBlocks, GiveWhatHappensBetweenRequestsToTheNextOne)
{
  LookBlocks blocks = warmed_up(1s, 1000);
  EXPECT_FALSE(blocks.add_look(window(2s, 2s), 1100));
  EXPECT_FALSE(blocks.add_look(window(3s, 3s), 1200));
  blocks.add_request(window(3100ms, 3200ms), 5);
  EXPECT_FALSE(blocks.add_look(window(4s, 4s), 1300));
  const auto block = blocks.add_look(window(5s, 5s), 1300);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->change_bytes, 300);
}

TEST(LookBlocks, PassOverALookDuringARequest)
{
  LookBlocks blocks = warmed_up(1s, 1000);
  blocks.add_request(window(1100ms, 1200ms), 5);
  EXPECT_FALSE(blocks.add_look(window(2s, 2001ms), 9000));
  blocks.add_request(window(1900ms, 2100ms), 5); // held 8000 at the look
  EXPECT_FALSE(blocks.add_look(window(3s, 3s), 1200)) << "busy";
  const auto block = blocks.add_look(window(4s, 4s), 1200);
  ASSERT_TRUE(block);
  EXPECT_EQ(block->requests.at(5), 2U);
  EXPECT_EQ(block->change_bytes, 200);
  // One that began while the look was taken.
  blocks.add_request(window(4100ms, 4200ms), 5);
  EXPECT_FALSE(blocks.add_look(window(5s, 5001ms), 5000));
  blocks.add_request(window(5s + 500us, 5s + 600us), 5);
  EXPECT_FALSE(blocks.add_look(window(6s, 6001ms), 5000)) << "busy";
}

TEST(LookBlocks, WaitForRequestsThatLastLongerThanFromLookToLook)
{
  LookBlocks blocks = warmed_up(1s, 1000);
  blocks.add_request(window(1010ms, 1500ms), 5); // so long they may last
  EXPECT_FALSE(blocks.add_look(window(2s, 2s), 1100));
  // Under way at each of these, and told of only now.
  for (Nanos time = 2100ms; time < 2400ms; time += 100ms)
    EXPECT_FALSE(blocks.add_look(window(time, time), 9000));
  blocks.add_request(window(2050ms, 2450ms), 5);
  const auto first = blocks.add_look(window(2500ms, 2500ms), 1200);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->change_bytes, 100);
  EXPECT_EQ(first->window.end, at(2s));
  const auto second = blocks.add_look(window(3s, 3s), 1200);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->window.end, at(2500ms));
  EXPECT_EQ(second->change_bytes, 100);
}

TEST(LookBlocks, EndAtABusyLookWhereThereAreNoOthers)
{
  LookBlocks blocks = warmed_up(1s, 1000);
  int closed = 0;
  Nanos now = 1s;
  for (int i = 0; i < 200; ++i) {
    closed += blocks.add_look(window(now, now), 1000).has_value() ? 1 : 0;
    blocks.add_request(window(now - 100ms, now + 50ms), 5);
    now += 100ms;
  }
  EXPECT_NEAR(closed, 200.0 / (max_busy_looks + 1), 1);
}

TEST(LookBlocks, DoNotWaitLongForOneThatTookLong)
{
  LookBlocks blocks = warmed_up(1s, 1000);
  blocks.add_request(window(1100ms, 61s), 5);
  EXPECT_FALSE(blocks.add_look(window(62s, 62s), 1100));
  EXPECT_TRUE(blocks.add_look(window(64s, 64s), 1100));
}

TEST(LookGrowth, TellsWhoKeepsTwentyObjectsFromWhoMakesTwoHundred)
{
  constexpr std::uint32_t keeps = 1;
  constexpr std::uint32_t gives = 2;
  std::mt19937 random{ 1 };
  LookGrowth growth{ max_busy_looks };
  std::uint64_t used_bytes = 10'000'000;
  Nanos now = 1s;
  // 200 of each after those that count nowhere, four between two looks.
  std::map<std::uint32_t, int> served;
  for (int look = 0; look < 105; ++look) {
    growth.add_look(worker, window(now, now), used_bytes);
    for (int i = 0; i < 4; ++i) {
      const std::uint32_t endpoint = random() % 2 == 0 ? keeps : gives;
      ++served[endpoint];
      growth.add_request(worker, window(now + 1ms, now + 5ms), endpoint);
      now += 20ms;
      used_bytes += endpoint == keeps ? 736 : 0;
    }
    // Garbage that waits to be collected.
    used_bytes += look % 8 == 7 ? -7 * 400 : 400;
  }
  const auto found = growth.estimates();
  ASSERT_TRUE(found.contains(keeps) && found.contains(gives));
  EXPECT_TRUE(goes_on(found.at(keeps)));
  EXPECT_LE(found.at(keeps).low, 736);
  EXPECT_GE(found.at(keeps).high, 736);
  EXPECT_FALSE(goes_on(found.at(gives)));
  EXPECT_LT(found.at(gives).high, found.at(keeps).low);
  EXPECT_LE(served[keeps], 215);
}

TEST(LookGrowth, BeginsAnewWithAnotherWorkerOfThatNumber)
{
  LookGrowth growth{ max_busy_looks };
  Nanos now = 1s;
  const auto serve = [&](int looks, std::uint64_t used_bytes) {
    for (int i = 0; i < looks; ++i) {
      growth.add_look(worker, window(now, now), used_bytes);
      growth.add_request(worker, window(now + 1ms, now + 2ms), 1);
      now += 100ms;
    }
  };
  serve(60, 90'000'000);
  growth.forget(worker);
  serve(60, 10'000'000);
  const auto found = growth.estimates();
  ASSERT_TRUE(found.contains(1));
  EXPECT_EQ(found.at(1).per_request, 0) << "80 MB less, but of another process";
}

} // namespace
} // namespace linger::domain
