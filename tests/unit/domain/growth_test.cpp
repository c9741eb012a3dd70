#include "domain/growth.h"

#include <array>
#include <cstdlib>
#include <deque>
#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <utility>

namespace linger::domain {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t worker = 7;
constexpr std::int64_t page = 4096;

/// The kernel's count of a process's anonymous pages since 6.2: each CPU keeps its changes to
/// itself until they are 32 pages, and who reads the counter does not see them.
class BatchedCounter {
public:
  void change(std::size_t cpu, std::int64_t pages)
  {
    const std::int64_t step = pages < 0 ? -1 : 1;
    for (std::int64_t i = 0; i != pages; i += step) {
      late_[cpu] += step;
      if (std::abs(late_[cpu]) >= 32)
        seen_ += std::exchange(late_[cpu], 0);
    }
  }
  [[nodiscard]] std::uint64_t bytes() const { return static_cast<std::uint64_t>(seen_ * page); }

private:
  std::array<std::int64_t, 2> late_{};
  std::int64_t seen_ = 50'000;
};

/// Serves requests of 4 ms, 1 ms apart, on either CPU. Each takes some pages and gives them back,
/// now and then on the other CPU, and leaves some bytes behind.
class SimulatedWorker {
public:
  explicit SimulatedWorker(std::uint32_t seed) : random_(seed) {}

  GrowthPoint serve(std::uint32_t endpoint, std::int64_t kept_bytes)
  {
    if (any_of(5) == 0)
      cpu_ = 1 - cpu_;
    const GrowthPoint point{ .busy = { now_, now_ + 4ms },
                             .endpoint = endpoint,
                             .anonymous_begin_bytes = counter_.bytes() };
    const auto transient = static_cast<std::int64_t>(any_of(40));
    counter_.change(cpu_, transient);
    counter_.change(any_of(10) == 0 ? 1 - cpu_ : cpu_, -transient);
    held_ += kept_bytes;
    counter_.change(cpu_, held_ / page);
    held_ %= page;
    now_ += 5ms;
    return point;
  }

  std::uint32_t any_of(std::uint32_t count)
  {
    return std::uniform_int_distribution<std::uint32_t>(0, count - 1)(random_);
  }

private:
  std::mt19937 random_;
  MonotonicTime now_{ 1s };
  std::size_t cpu_ = 0;
  BatchedCounter counter_;
  std::int64_t held_ = 0; // not yet a page
};

using KeptBytes = std::function<std::int64_t(std::uint32_t endpoint, int nth)>;

std::map<std::uint32_t, GrowthEstimate> estimates_of(int requests, std::uint32_t endpoints,
                                                     const KeptBytes &kept_bytes,
                                                     std::uint32_t seed = 1)
{
  Growth growth;
  SimulatedWorker simulated(seed);
  for (int i = 0; i < requests; ++i) {
    const std::uint32_t endpoint = simulated.any_of(endpoints);
    growth.add(worker, simulated.serve(endpoint, kept_bytes(endpoint, i)));
  }
  return growth.estimates();
}

// The tolerances are four standard deviations of the estimate over many seeds.
TEST(GrowthTest, FindsWhatEachEndpointKeepsThroughALateCounter)
{
  const auto found = estimates_of(20'000, 4, [](std::uint32_t endpoint, int) {
    return endpoint == 2 ? 28'672 : endpoint == 3 ? 5000 : 0;
  });

  ASSERT_EQ(found.size(), 4U);
  EXPECT_NEAR(found.at(0).per_request, 0, 5000);
  EXPECT_NEAR(found.at(1).per_request, 0, 5000);
  EXPECT_NEAR(found.at(2).per_request, 28'672, 5000);
  EXPECT_NEAR(found.at(3).per_request, 5000, 5000);
  EXPECT_GT(found.at(2).low, 20'000);
  EXPECT_GT(found.at(2).late_low, 15'000);
}

TEST(GrowthTest, BoundsTheTruthNineteenTimesInTwentyAndSeldomBlamesACleanEndpoint)
{
  int bounded = 0;
  int found = 0;
  int blamed = 0;
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    const auto estimates = estimates_of(
        3000, 3, [](std::uint32_t endpoint, int) { return endpoint == 0 ? 28'672 : 0; }, seed);
    const GrowthEstimate &leaking = estimates.at(0);
    bounded += leaking.low <= 28'672 && 28'672 <= leaking.high ? 1 : 0;
    found += leaking.low > 0 && leaking.late_low > 0 ? 1 : 0;
    for (const std::uint32_t clean : { 1U, 2U })
      blamed += estimates.at(clean).low > 0 && estimates.at(clean).late_low > 0 ? 1 : 0;
  }
  EXPECT_GE(bounded, 88);
  EXPECT_GE(found, 95);
  EXPECT_LE(blamed, 8); // of 200
}

TEST(GrowthTest, DoesNotBlameAnyoneWhenNothingIsKept)
{
  int blamed = 0;
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    for (const auto &[endpoint, estimate] : estimates_of(
             3000, 2, [](std::uint32_t, int) { return 0; }, seed))
      blamed += estimate.low > 0 && estimate.late_low > 0 ? 1 : 0;
  }
  EXPECT_LE(blamed, 8); // of 200
}

TEST(GrowthTest, SeldomBlamesAnyOfManyCleanEndpointsBesidesTheOneThatLeaks)
{
  int wrong = 0;
  int found = 0;
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    bool blamed = false;
    for (const auto &[endpoint, estimate] : estimates_of(
             3000, 8, [](std::uint32_t leaking, int) { return leaking == 0 ? 28'672 : 0; }, seed)) {
      const bool grows = estimate.low > 0 && estimate.late_low > 0;
      found += grows && endpoint == 0 ? 1 : 0;
      blamed = blamed || (grows && endpoint != 0);
    }
    wrong += blamed ? 1 : 0;
  }
  EXPECT_LE(wrong, 5); // of 100
  EXPECT_GE(found, 85);
}

TEST(GrowthTest, BlamesNobodyForMemoryThatAWorkerTookAtOnce)
{
  int blamed = 0;
  for (std::uint32_t seed = 1; seed <= 100; ++seed) {
    const auto found = estimates_of(
        800, 8,
        [seed](std::uint32_t, int nth) {
          return nth == 300 + static_cast<int>(seed) || nth == 500 + static_cast<int>(seed)
                     ? 3 << 20
                     : 0;
        },
        seed);
    for (const auto &[endpoint, estimate] : found)
      blamed += estimate.low > 0 && estimate.late_low > 0 ? 1 : 0;
  }
  EXPECT_LE(blamed, 1); // of 800
}

TEST(GrowthTest, DoesNotTakeWarmUpForGrowth)
{
  // A megabyte a request while modules are imported, then nothing.
  const auto found =
      estimates_of(3000, 2, [](std::uint32_t, int nth) { return nth < 20 ? 1 << 20 : 0; });

  ASSERT_EQ(found.size(), 2U);
  for (const auto &[endpoint, estimate] : found) {
    EXPECT_NEAR(estimate.per_request, 0, 8000) << endpoint;
    EXPECT_FALSE(estimate.low > 0 && estimate.late_low > 0) << endpoint;
  }
}

TEST(GrowthTest, ShowsInTheLaterHalfThatACacheIsFull)
{
  const KeptBytes fills_up = [](std::uint32_t endpoint, int nth) {
    return endpoint == 1 && nth < 3000 ? 28'672 : 0;
  };
  const auto filling = estimates_of(3000, 2, fills_up);
  EXPECT_GT(filling.at(1).late_low, 0);

  const auto full = estimates_of(8000, 2, fills_up);
  EXPECT_LE(full.at(1).late_low, 0);
  EXPECT_GE(full.at(1).late_high, 0);
}

TEST(GrowthTest, SaysNothingOfAnEndpointThatWasHardlySeen)
{
  Growth growth;
  SimulatedWorker simulated(3);
  for (int i = 0; i < 500; ++i)
    growth.add(worker, simulated.serve(i % 200 == 100 ? 1 : 0, 0));

  const auto found = growth.estimates();
  EXPECT_TRUE(found.contains(0));
  EXPECT_FALSE(found.contains(1));
}

TEST(GrowthTest, SaysNothingBeforeTheFirstBlocks)
{
  EXPECT_TRUE(Growth{}.estimates().empty());
  EXPECT_TRUE(estimates_of(40, 1, [](std::uint32_t, int) { return 0; }).empty());
}

TEST(GrowthTest, PoolsTheWorkersOfAServer)
{
  Growth growth;
  std::deque<SimulatedWorker> workers;
  for (std::uint32_t i = 0; i < 8; ++i)
    workers.emplace_back(i);
  for (int i = 0; i < 2500; ++i) {
    for (std::uint32_t w = 0; w < workers.size(); ++w) {
      const std::uint32_t endpoint = workers[w].any_of(2);
      growth.add(100 + w, workers[w].serve(endpoint, endpoint == 0 ? 20'000 : 0));
    }
  }
  EXPECT_NEAR(growth.estimates().at(0).per_request, 20'000, 3000);
}

TEST(GrowthTest, DoesNotTakeTheNextProcessWithANumberForTheSame)
{
  Growth growth;
  SimulatedWorker first(1);
  for (int i = 0; i < 1000; ++i)
    growth.add(worker, first.serve(0, 28'672));
  growth.forget(worker);
  SimulatedWorker second(2); // starts 28 MB lower
  for (int i = 0; i < 1000; ++i)
    growth.add(worker, second.serve(0, 28'672));

  EXPECT_NEAR(growth.estimates().at(0).per_request, 28'672, 2000);
}

TEST(GrowthTest, GivesAColumnToAnEndpointThatBecomesBusyLate)
{
  Growth growth;
  SimulatedWorker simulated(5);
  for (int i = 0; i < 2000; ++i)
    growth.add(worker, simulated.serve(static_cast<std::uint32_t>(i % 200), 0));
  for (int i = 0; i < 6000; ++i) {
    const std::uint32_t endpoint = simulated.any_of(2) == 0 ? 199 : 3;
    growth.add(worker, simulated.serve(endpoint, endpoint == 199 ? 28'672 : 0));
  }
  const auto found = growth.estimates();

  EXPECT_LE(found.size(), GrowthFit::max_endpoints);
  ASSERT_TRUE(found.contains(199));
  EXPECT_NEAR(found.at(199).per_request, 28'672, 3000);
}

TEST(GrowthFitTest, HoldsLittleOfAServerWithMoreEndpointsThanColumns)
{
  GrowthFit fit;
  std::size_t most_bytes = 0;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const MonotonicTime begin{ std::chrono::milliseconds{ 10 * i } };
    GrowthBlock block{ .window = { begin, begin + std::chrono::milliseconds{ 10 } } };
    for (std::uint32_t endpoint = 0; endpoint < 8; ++endpoint)
      block.requests[(13 * i + 7 * endpoint * endpoint) % 100] = 1 + i % 3;
    block.change_bytes = 4096 * (i % 5);
    fit.add(i % 10, std::move(block));
    most_bytes = std::max(most_bytes, fit.held_bytes());
  }
  EXPECT_FALSE(fit.estimates().empty());
  // A node may have fifty servers, each with three of these.
  EXPECT_LT(most_bytes, 400'000);
}

TEST(GrowthBlocksTest, LeavesOutWhatARequestFreedAgain)
{
  GrowthBlocks blocks;
  std::uint64_t bytes = 1 << 20;
  MonotonicTime now{ 1s };
  int closed = 0;
  for (int i = 0; i < 200; ++i) {
    // Two requests overlap; the second begins when the first holds 50 MB that it frees at its end.
    for (const auto &[offset, extra] : { std::pair{ 0ms, 0 }, std::pair{ 2ms, 50 << 20 } }) {
      const auto block =
          blocks.add({ .busy = { now + offset, now + offset + 5ms },
                       .endpoint = 0,
                       .anonymous_begin_bytes = bytes + static_cast<unsigned>(extra) });
      if (block) {
        EXPECT_EQ(block->change_bytes, block->requests.at(0) / 2 * 4096);
        ++closed;
      }
    }
    bytes += 4096;
    now += 10ms;
  }
  EXPECT_GT(closed, 20);
}

TEST(GrowthBlocksTest, WaitsForALongRequestThatBeganFirstButEndsLast)
{
  GrowthBlocks blocks;
  const auto at = [](int ms) { return MonotonicTime{ 1s + std::chrono::milliseconds{ ms } }; };
  int closed = 0;
  const auto add = [&](int begin, int end) {
    const auto block = blocks.add(
        { .busy = { at(begin), at(end) }, .endpoint = 0, .anonymous_begin_bytes = 1 << 20 });
    if (block) {
      ++closed;
      EXPECT_FALSE(block->window.end > at(505) && block->window.end < at(600));
    }
  };
  for (int i = 0; i < 100; ++i)
    add(i * 5, i * 5 + 4);
  for (int i = 0; i < 10; ++i) // on other threads, while one request runs from 505 to 600
    add(510 + i * 5, 510 + i * 5 + 4);
  add(505, 600);
  for (int i = 0; i < 100; ++i)
    add(605 + i * 5, 605 + i * 5 + 4);
  EXPECT_GT(closed, 10);
}

TEST(GrowthBlocksTest, CutsAWorkerThatIsNeverIdle)
{
  GrowthBlocks blocks;
  MonotonicTime now{ 1s };
  int closed = 0;
  for (int i = 0; i < 2000; ++i) {
    closed += blocks.add({ .busy = { now, now + 7ms }, .endpoint = 0, .anonymous_begin_bytes = 1 })
                  ? 1
                  : 0;
    now += 5ms;
  }
  EXPECT_GE(closed, 10);
}

} // namespace
} // namespace linger::domain
