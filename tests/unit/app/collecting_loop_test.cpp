#include "app/collecting_loop.h"

#include "unit/app/scripted_host.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using Kind = domain::ProcessEvent::Kind;

class CollectingLoopTest : public testing::Test {
protected:
  CollectingLoopTest() { script.servers = { a_server(100, { 101 }) }; }

  Result<std::unique_ptr<CollectingLoop>> open(const std::vector<std::uint32_t> &only = {})
  {
    return CollectingLoop::open(
        Config{}, opener_of(script), feed, [this] { return script.clock(); }, only);
  }

  [[nodiscard]] static std::vector<std::uint32_t> masters(const CollectingLoop &loop)
  {
    std::vector<std::uint32_t> found;
    for (const domain::Server &server : loop.servers())
      found.push_back(server.master_tgid);
    return found;
  }

  domain::Report report() { return feed.report_so_far(script.clock()); }

  HostScript script;
  ObservationFeed feed{ domain::RouteTable{}, script.clock() };
};

TEST_F(CollectingLoopTest, WaitsForServersWhereThereAreNone)
{
  script.servers.clear();
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  EXPECT_TRUE((*loop)->servers().empty());

  script.servers = { a_server(300, { 301 }) };
  script.now += CollectingLoop::look_interval;
  ASSERT_TRUE((*loop)->turn());

  EXPECT_THAT(masters(**loop), ElementsAre(300));
  ASSERT_EQ(script.watched.size(), 1);
}

TEST_F(CollectingLoopTest, LooksAgainOnlyWhenItIsTime)
{
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  script.servers.push_back(a_server(300, { 301 }));
  script.now += CollectingLoop::look_interval - 1ms;
  ASSERT_TRUE((*loop)->turn());

  EXPECT_THAT(masters(**loop), ElementsAre(100));
}

TEST_F(CollectingLoopTest, LooksSoonAfterAMasterForkedAWorker)
{
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  script.pending.push_back(
      domain::ProcessEvent{ .kind = Kind::started, .tgid = 102, .parent_tgid = 100 });
  ASSERT_TRUE((*loop)->turn());
  script.servers = { a_server(100, { 101, 102 }) };
  script.now += CollectingLoop::look_delay;
  ASSERT_TRUE((*loop)->turn());

  ASSERT_EQ((*loop)->servers().front().workers.size(), 2);
  EXPECT_EQ(script.watched.back().workers.size(), 2);
}

TEST_F(CollectingLoopTest, LooksForATwentiethOfTheTimeWhereWorkersComeAndGoAllTheTime)
{
  script.find_cost = 30ms;
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  script.finds = 0;
  const domain::Nanos begin = script.now;
  while (script.now - begin < 60s) {
    script.pending.push_back(
        domain::ProcessEvent{ .kind = Kind::started, .tgid = 102, .parent_tgid = 100 });
    ASSERT_TRUE((*loop)->turn());
    script.now += 20ms;
  }

  EXPECT_LE(script.finds, 100);
  EXPECT_GE(script.finds, 90);
}

TEST_F(CollectingLoopTest, LooksEveryTenSecondsHoweverLongItTakes)
{
  script.find_cost = 5s;
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  script.finds = 0;
  script.now += CollectingLoop::most_look_rest - 1ms;
  ASSERT_TRUE((*loop)->turn());
  EXPECT_EQ(script.finds, 0);
  script.now += 1ms;
  ASSERT_TRUE((*loop)->turn());
  EXPECT_EQ(script.finds, 1);
}

TEST_F(CollectingLoopTest, DoesNotLookForEachProgramThatAWorkerRuns)
{
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  script.servers.push_back(a_server(300, { 301 }));
  script.pending.push_back(
      domain::ProcessEvent{ .kind = Kind::started, .tgid = 5000, .parent_tgid = 101 });
  script.pending.push_back(domain::ProcessEvent{ .kind = Kind::executed, .tgid = 5000 });
  script.pending.push_back(domain::ProcessEvent{ .kind = Kind::exited, .tgid = 5000 });
  ASSERT_TRUE((*loop)->turn());
  script.now += CollectingLoop::look_delay;
  ASSERT_TRUE((*loop)->turn());

  EXPECT_THAT(masters(**loop), ElementsAre(100));
}

TEST_F(CollectingLoopTest, KeepsAServerThatOneLookMissed)
{
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  const std::vector<domain::Server> servers = std::exchange(script.servers, {});
  script.now += CollectingLoop::look_interval;
  ASSERT_TRUE((*loop)->turn());
  EXPECT_THAT(masters(**loop), ElementsAre(100));

  script.servers = servers;
  script.now += CollectingLoop::look_delay; // the second look comes soon
  ASSERT_TRUE((*loop)->turn());
  EXPECT_THAT(masters(**loop), ElementsAre(100));
  EXPECT_EQ(script.watched.size(), 1);
}

TEST_F(CollectingLoopTest, LetsGoOfAServerThatTwoLooksMissed)
{
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  script.servers.clear();
  script.now += CollectingLoop::look_interval;
  ASSERT_TRUE((*loop)->turn());
  script.now += CollectingLoop::look_delay;
  ASSERT_TRUE((*loop)->turn());

  EXPECT_TRUE((*loop)->servers().empty());
  EXPECT_FALSE((*loop)->masters_of({ 100 }));
}

TEST_F(CollectingLoopTest, SaysInTheCoverageWhichServerCouldNotBeWatched)
{
  script.watch_error = Error{ Error::Kind::exhausted, "the map is full" };
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  EXPECT_THAT(report().coverage.gaps, testing::Contains(HasSubstr("the map is full")));

  script.watch_error.reset();
  script.now += CollectingLoop::look_interval;
  ASSERT_TRUE((*loop)->turn()); // tries again
  EXPECT_EQ(script.watched.size(), 1);
  EXPECT_THAT(report().coverage.gaps, testing::Not(testing::Contains(HasSubstr("the map"))));
}

TEST_F(CollectingLoopTest, LooksAtTheAcceptQueuesOrSaysWhyNot)
{
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  ASSERT_EQ(report().servers.at(0).listen_queues.size(), 1U);
  EXPECT_EQ(report().servers[0].listen_queues[0].max_length, 3U);

  script.queue_error = Error{ Error::Kind::not_permitted, "no namespace" };
  script.now += CollectingLoop::sample_interval;
  ASSERT_TRUE((*loop)->turn());
  EXPECT_THAT(report().coverage.gaps, testing::Contains(HasSubstr("no namespace")));
}

TEST_F(CollectingLoopTest, LooksAtTheMemoryOfWhoServesWithinABudget)
{
  script.look_cost = 1ms;
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  ASSERT_TRUE((*loop)->turn());
  const std::size_t first = script.looks.size();
  EXPECT_GT(first, 0U);
  script.now += 10s;
  ASSERT_TRUE((*loop)->turn());
  ASSERT_TRUE((*loop)->turn());
  script.looks.clear();
  script.now += 10s;
  ASSERT_TRUE((*loop)->turn());
  EXPECT_TRUE(script.looks.empty()) << "nobody has served anything";

  script.pending.push_back(a_request(101, script.now, 1));
  ASSERT_TRUE((*loop)->turn());
  EXPECT_EQ(script.looks, std::vector<std::uint32_t>{ 101 });
}

TEST_F(CollectingLoopTest, SaysWhereSmallObjectsCannotBeCounted)
{
  script.look_gap = "too much memory";
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  ASSERT_TRUE((*loop)->turn());
  script.now += CollectingLoop::sample_interval;
  ASSERT_TRUE((*loop)->turn());
  EXPECT_THAT(report().coverage.gaps, testing::Contains(HasSubstr("too much memory")));

  script.look_gap.clear();
  script.pending.push_back(a_request(101, script.now, 1));
  script.pending.push_back(a_request(102, script.now, 1));
  ASSERT_TRUE((*loop)->turn());
  script.now += CollectingLoop::sample_interval;
  ASSERT_TRUE((*loop)->turn());
  EXPECT_THAT(report().coverage.gaps, testing::Not(testing::Contains(HasSubstr("too much"))));

  // Gone meanwhile: nothing to tell.
  script.look_error = Error{ Error::Kind::not_found, "it is gone" };
  script.pending.push_back(a_request(101, script.now, 2));
  ASSERT_TRUE((*loop)->turn());
  script.now += CollectingLoop::sample_interval;
  ASSERT_TRUE((*loop)->turn());
  EXPECT_THAT(report().coverage.gaps, testing::Not(testing::Contains(HasSubstr("is gone"))));
  script.look_error = Error{ Error::Kind::not_permitted, "it is another user's" };
  script.pending.push_back(a_request(101, script.now, 3));
  ASSERT_TRUE((*loop)->turn());
  script.now += CollectingLoop::sample_interval;
  ASSERT_TRUE((*loop)->turn());
  EXPECT_THAT(report().coverage.gaps, testing::Contains(HasSubstr("another user")));
}

TEST_F(CollectingLoopTest, FailsWhenTheOneServerAskedForCannotBeWatched)
{
  script.watch_error = Error{ Error::Kind::not_permitted, "no" };
  const auto loop = open({ 101 });

  ASSERT_FALSE(loop);
  EXPECT_EQ(loop.error().kind, Error::Kind::not_permitted);
  EXPECT_TRUE(script.destroyed);
}

TEST_F(CollectingLoopTest, SamplesMemoryAndLossesOnceASecond)
{
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  script.coverage.records_lost = 7;
  ASSERT_TRUE((*loop)->turn());
  EXPECT_EQ(report().coverage.records_lost, 0);

  script.now += CollectingLoop::sample_interval;
  ASSERT_TRUE((*loop)->turn());
  EXPECT_EQ(report().coverage.records_lost, 7);
  const domain::Report now = report();
  ASSERT_EQ(now.servers.size(), 1);
  ASSERT_EQ(now.servers.front().workers.size(), 1);
  EXPECT_EQ(now.servers.front().workers.front().memory.resident_bytes, 64 << 20);
}

TEST_F(CollectingLoopTest, EndsWhenTheHostFails)
{
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  script.poll_error = Error{ Error::Kind::internal, "the ring broke" };

  EXPECT_FALSE((*loop)->turn());
  EXPECT_FALSE((*loop)->refresh());
}

TEST_F(CollectingLoopTest, PassesOnWhatWorkersHoldOpenAndWhatLimitsThem)
{
  const domain::MonotonicTime now = script.clock().monotonic;
  script.outgoing = { { .time = now,
                        .tgid = 101,
                        .counted_since = now,
                        .peers = { { .peer = { .address = "db" },
                                     .open = 3,
                                     .oldest_since = {},
                                     .transaction_since = {} } } } };
  script.cpu_limits = {
    { .time = now, .tgid = 101, .group = "/web", .quota = 1ms, .period = 2ms }
  };
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;

  const domain::WorkerReport worker = report().servers.at(0).workers.at(0);
  ASSERT_EQ(worker.connections.size(), 1U);
  EXPECT_EQ(worker.connections.front().open, 3U);
  ASSERT_TRUE(worker.cpu_limit);
  EXPECT_EQ(worker.cpu_limit->group, "/web");
}

TEST_F(CollectingLoopTest, SaysWhenLimitsCannotBeRead)
{
  script.cpu_limits_error = Error{ .kind = Error::Kind::not_supported, .what = "no groups here" };
  const auto loop = open();
  ASSERT_TRUE(loop) << loop.error().what;
  EXPECT_THAT(report().coverage.gaps, ElementsAre(HasSubstr("no groups here")));
}

} // namespace
} // namespace linger::app
