#include "serve/page/live_feed.h"

#include "unit/serve/fake_agent_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class LiveFeedTest : public testing::Test {
protected:
  /// Looks again.
  [[nodiscard]] FeedPart next(std::uint64_t sequence)
  {
    Result<FeedPart> part = feed_.next(sequence);
    EXPECT_TRUE(part);
    return part ? *part : FeedPart{};
  }
  [[nodiscard]] FeedPart next_look(std::uint64_t sequence)
  {
    FeedPart part = next(sequence);
    while (part.sequence == sequence) {
      std::this_thread::sleep_for(part.pause);
      part = next(sequence);
    }
    return part;
  }

  FakeAgentView agent_;
  LiveFeed feed_{ agent_, { .interval = 5ms, .report_interval = 0ms, .most_requests = 2 } };
};

TEST_F(LiveFeedTest, TellsANewPageEverythingAndThenWhatChanged)
{
  const FeedPart all = next(0);
  EXPECT_THAT(*all.events, HasSubstr("event: report\n"));
  EXPECT_THAT(*all.events, HasSubstr("event: workers\n"));
  const FeedPart news = next_look(all.sequence);
  EXPECT_EQ(news.sequence, all.sequence + 1);
  EXPECT_THAT(*news.events, HasSubstr("event: changes\n"));
  EXPECT_THAT(*news.events, Not(HasSubstr("event: report\n")));
}

TEST_F(LiveFeedTest, TellsOneWhoMissedAPartEverythingAgain)
{
  const FeedPart first = next(0);
  (void)next_look(next_look(first.sequence).sequence);
  EXPECT_THAT(*next(first.sequence).events, HasSubstr("event: report\n"));
}

TEST_F(LiveFeedTest, GivesAllPagesTheSame)
{
  LiveFeed slow{ agent_, { .interval = 1h } };
  const Result<FeedPart> one = slow.next(0);
  const Result<FeedPart> another = slow.next(0);
  ASSERT_TRUE(one && another);
  EXPECT_EQ(one->events, another->events);
  EXPECT_FALSE(slow.next(one->sequence)->events);
  EXPECT_EQ(agent_.reports(), 1);
}

TEST_F(LiveFeedTest, TellsTheLongestRequestsAndHowManyItLeftOut)
{
  const auto watching = feed_.watch();
  const FeedPart first = next(0);
  for (int i = 1; i <= 4; ++i) {
    SeenRequest seen = request_numbered(1);
    seen.route = "/nap/" + std::to_string(i);
    seen.request.times[domain::Cause::sleep] = i * 100ms;
    agent_.emit(seen);
  }
  const FeedPart news = next_look(first.sequence);
  EXPECT_THAT(*news.events, HasSubstr("/nap/3"));
  EXPECT_THAT(*news.events, HasSubstr("/nap/4"));
  EXPECT_THAT(*news.events, Not(HasSubstr("/nap/2")));
  EXPECT_THAT(*news.events, HasSubstr("\"requestsSkipped\":\"2\""));
}

TEST_F(LiveFeedTest, FailsAsTheAgentDoes)
{
  agent_.fail_with({ Error::Kind::internal, "collecting ended" });
  ASSERT_FALSE(feed_.next(0));
  EXPECT_EQ(feed_.next(0).error().what, "collecting ended");
}

} // namespace
} // namespace linger::serve
