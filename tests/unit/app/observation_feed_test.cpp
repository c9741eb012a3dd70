#include "app/observation_feed.h"

#include "unit/app/scripted_host.h"

#include <gtest/gtest.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

domain::ClockAnchor clock_at(domain::Nanos time)
{
  return { .monotonic = domain::MonotonicTime{ time }, .wall = domain::WallTime{ time } };
}

class ObservationFeedTest : public testing::Test {
protected:
  ObservationFeedTest()
  {
    feed.add(domain::ServersSeen{ .time = domain::MonotonicTime{ 1s },
                                  .servers = { a_server(100, { 101 }), a_server(200, { 201 }) } });
  }

  std::unique_ptr<ObservationFeed::Window> open(std::vector<std::uint32_t> masters = {})
  {
    return feed.open_window(
        clock_at(10s), std::move(masters),
        [this](const domain::Observation &observation) { seen.push_back(observation); });
  }

  template <typename Kind>
  [[nodiscard]] std::vector<Kind> all() const
  {
    std::vector<Kind> found;
    for (const domain::Observation &observation : seen) {
      if (const auto *kind = std::get_if<Kind>(&observation))
        found.push_back(*kind);
    }
    return found;
  }

  ObservationFeed feed{ domain::RouteTable{}, clock_at(0s) };
  std::vector<domain::Observation> seen;
};

TEST_F(ObservationFeedTest, AWindowHoldsWhatEndsInIt)
{
  const auto window = open();
  feed.add(a_request(101, 9999ms, 1));
  feed.add(a_request(101, 10000ms, 2)); // began before the window
  feed.add(a_request(101, 10999ms, 3));
  window->end_at(clock_at(11s));
  feed.add(a_request(101, 10500ms, 4)); // was still on its way
  feed.add(a_request(101, 11000ms, 5));
  window->close();
  feed.add(a_request(101, 10700ms, 6));

  std::vector<std::uint64_t> sequences;
  for (const domain::Request &request : all<domain::Request>())
    sequences.push_back(request.sequence);
  EXPECT_EQ(sequences, (std::vector<std::uint64_t>{ 2, 3, 4 }));
}

TEST_F(ObservationFeedTest, AWindowBeginsAndEndsWithItsMarks)
{
  const auto window = open();
  feed.add(a_request(101, 10500ms, 1));
  window->end_at(clock_at(11s));
  window->close();

  ASSERT_EQ(seen.size(), 3);
  EXPECT_EQ(std::get<domain::WindowMark>(seen.front()).clock.monotonic,
            domain::MonotonicTime{ 10s });
  EXPECT_EQ(std::get<domain::WindowMark>(seen.back()).clock.monotonic,
            domain::MonotonicTime{ 11s });
}

TEST_F(ObservationFeedTest, AWindowThatWasDestroyedGetsNothing)
{
  open().reset();
  feed.add(a_request(101, 10500ms, 1));

  EXPECT_EQ(seen.size(), 1); // the mark
}

TEST_F(ObservationFeedTest, AWindowOnOneServerSeesItsProcessesAlone)
{
  const auto window = open({ 100 });
  feed.add(a_request(101, 10500ms, 1));
  feed.add(a_request(201, 10500ms, 1));
  feed.add(a_request(4711, 10500ms, 1)); // nobody's
  feed.add(domain::Wait{ .tgid = 201, .window = { {}, domain::MonotonicTime{ 10500ms } } });
  feed.add(domain::MemorySample{ .tgid = 201 });
  feed.add(domain::ThreadSample{ .tgid = 201 });
  feed.add(domain::ServersSeen{ .time = domain::MonotonicTime{ 10s },
                                .servers = { a_server(100, { 101 }), a_server(200, { 201 }) } });

  ASSERT_EQ(all<domain::Request>().size(), 1);
  EXPECT_EQ(all<domain::Request>().front().tgid, 101);
  ASSERT_EQ(all<domain::ServersSeen>().size(), 1);
  ASSERT_EQ(all<domain::ServersSeen>().front().servers.size(), 1);
  EXPECT_EQ(all<domain::ServersSeen>().front().servers.front().master_tgid, 100);
  EXPECT_EQ(seen.size(), 3);
}

TEST_F(ObservationFeedTest, AWindowOnOneServerSeesAWorkerFromItsFork)
{
  const auto window = open({ 100 });
  feed.add(domain::ProcessEvent{ .kind = domain::ProcessEvent::Kind::started,
                                 .time = domain::MonotonicTime{ 10100ms },
                                 .tgid = 103,
                                 .parent_tgid = 100 });
  feed.add(a_request(103, 10500ms, 1));

  EXPECT_EQ(all<domain::ProcessEvent>().size(), 1);
  EXPECT_EQ(all<domain::Request>().size(), 1);
}

TEST_F(ObservationFeedTest, AWindowOnOneServerSeesTheCloserLooksAtItAlone)
{
  const auto window = open({ 200 });
  for (const std::uint32_t server : { 100U, 200U })
    feed.add(domain::Escalation{ .begin = domain::MonotonicTime{ 10500ms }, .server = server });
  ASSERT_EQ(all<domain::Escalation>().size(), 1);
  EXPECT_EQ(all<domain::Escalation>()[0].server, 200);
}

TEST_F(ObservationFeedTest, WindowsDoNotDisturbEachOther)
{
  const auto window = open();
  std::vector<domain::Observation> seen_by_other;
  {
    const auto other =
        feed.open_window(clock_at(10100ms), { 200 }, [&](const domain::Observation &observation) {
          seen_by_other.push_back(observation);
        });
    feed.add(a_request(201, 10500ms, 1));
    feed.add(a_request(101, 10500ms, 1));
  }
  feed.add(a_request(201, 10600ms, 2));

  EXPECT_EQ(all<domain::Request>().size(), 3);
  EXPECT_EQ(seen_by_other.size(), 2);
}

class RequestSubscriptionTest : public ObservationFeedTest {
protected:
  using Subscription = std::unique_ptr<serve::AgentView::Subscription>;

  Subscription subscribe(std::uint64_t after)
  {
    told.clear();
    return feed.subscribe([this](const serve::SeenRequest &request) { told.push_back(request); },
                          after);
  }

  void end(std::uint64_t requests)
  {
    for (std::uint64_t i = 0; i < requests; ++i)
      feed.add(a_request(101, 10500ms, ++ended));
  }

  [[nodiscard]] std::vector<std::uint64_t> sequences() const
  {
    std::vector<std::uint64_t> sequences;
    for (const serve::SeenRequest &request : told)
      sequences.push_back(request.request.sequence);
    return sequences;
  }

  std::vector<serve::SeenRequest> told;
  std::uint64_t ended = 0;
};

TEST_F(RequestSubscriptionTest, GoesOnAfterTheRequestThatCameLast)
{
  Subscription first = subscribe(0);
  end(3);
  const std::uint64_t last = told[1].cursor; // the third one got lost on its way
  first.reset();
  end(2);

  const Subscription second = subscribe(last);
  EXPECT_EQ(second->missed(), 0U);
  EXPECT_EQ(sequences(), (std::vector<std::uint64_t>{ 3, 4, 5 }));
  end(1);
  EXPECT_EQ(sequences().back(), 6U);
}

TEST_F(RequestSubscriptionTest, CountsWhatIsNoLongerHeld)
{
  Subscription first = subscribe(0);
  end(1);
  const std::uint64_t last = told[0].cursor;
  end(ObservationFeed::most_held + 9);

  EXPECT_EQ(subscribe(last)->missed(), 9U);
  EXPECT_EQ(told.size(), ObservationFeed::most_held);
}

TEST_F(RequestSubscriptionTest, HoldsNothingForLongWhenNobodySubscribes)
{
  end(5); // nobody has ever
  Subscription first = subscribe(0);
  end(1);
  const std::uint64_t last = told[0].cursor;
  first.reset();
  feed.tell_time(clock_at(ObservationFeed::held_for));
  end(7);
  EXPECT_EQ(subscribe(last)->missed(), 7U);
  EXPECT_TRUE(told.empty());
}

TEST_F(RequestSubscriptionTest, GivesOneWhoComesFromAnotherRunAllThatIsHeld)
{
  end(2); // nobody has ever subscribed
  const Subscription other = subscribe(0);
  end(3);
  for (const std::uint64_t after :
       { (std::uint64_t{ 4711 } << 32) + 1, UINT64_MAX, std::uint64_t{ 6 } }) {
    const Subscription subscription = subscribe(after); // the last one is yet to come
    EXPECT_TRUE(subscription->is_of_another_run()) << after;
    EXPECT_EQ(subscription->missed(), 2U) << after;
    EXPECT_EQ(sequences(), (std::vector<std::uint64_t>{ 3, 4, 5 })) << after;
  }
  for (const std::uint64_t after : { 1U, 2U, 5U }) {
    const Subscription subscription = subscribe(after);
    EXPECT_FALSE(subscription->is_of_another_run()) << after;
    EXPECT_EQ(subscription->missed(), after == 1 ? 1U : 0U) << after;
    EXPECT_EQ(told.size(), after == 5 ? 0U : 3U) << after;
  }
}

TEST_F(RequestSubscriptionTest, RunsHaveCursorsOfTheirOwn)
{
  ObservationFeed later{ domain::RouteTable{}, clock_at(1s) };
  std::vector<std::uint64_t> cursors;
  const Subscription one = subscribe(0);
  const Subscription other = later.subscribe(
      [&](const serve::SeenRequest &request) { cursors.push_back(request.cursor); }, 0);
  end(1);
  later.add(a_request(101, 10500ms, 1));
  ASSERT_EQ(cursors.size(), 1U);
  EXPECT_GT(cursors[0], told.at(0).cursor);
  EXPECT_TRUE(
      later.subscribe([](const serve::SeenRequest &) {}, told[0].cursor)->is_of_another_run());
}

} // namespace
} // namespace linger::app
