#include "serve/request_queue.h"

#include "unit/serve/fake_agent_view.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

TEST(RequestQueue, GivesWhatWasPushedInOrder)
{
  RequestQueue queue(3);
  queue.push(request_numbered(1));
  queue.push(request_numbered(2));

  const auto batch = queue.take(0ms);
  ASSERT_EQ(batch.requests.size(), 2U);
  EXPECT_EQ(batch.requests[1].request.sequence, 2U);
  EXPECT_EQ(batch.skipped, 0U);
}

TEST(RequestQueue, CountsWhatItHadNoRoomFor)
{
  RequestQueue queue(3);
  for (std::uint64_t i = 1; i <= 10; ++i)
    queue.push(request_numbered(i));

  const auto batch = queue.take(0ms);
  ASSERT_EQ(batch.requests.size(), 3U);
  EXPECT_EQ(batch.requests.back().request.sequence, 3U);
  EXPECT_EQ(batch.skipped, 7U);
  EXPECT_EQ(batch.skipped_until, request_numbered(10).cursor);
  EXPECT_EQ(queue.take(0ms).skipped, 0U) << "told twice";
}

TEST(RequestQueue, IsEmptyWhenNothingComes)
{
  RequestQueue queue(3);
  EXPECT_TRUE(queue.take(1ms).requests.empty());
}

TEST(RequestQueue, LosesNoCountBetweenThreads)
{
  constexpr std::uint64_t pushed = 20'000;
  RequestQueue queue(16);
  std::atomic<bool> done = false;
  std::jthread pusher([&] {
    for (std::uint64_t i = 1; i <= pushed; ++i)
      queue.push(request_numbered(i));
    done = true;
  });

  std::uint64_t accounted = 0;
  for (bool last = false; !last;) {
    last = done;
    const auto batch = queue.take(1ms);
    accounted += batch.requests.size() + batch.skipped;
  }
  EXPECT_EQ(accounted, pushed);
}

} // namespace
} // namespace linger::serve
