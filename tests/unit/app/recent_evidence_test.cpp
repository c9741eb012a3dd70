#include "app/recent_evidence.h"

#include "unit/app/scripted_host.h"

#include <gtest/gtest.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

constexpr domain::Nanos span = 60s;

domain::ClockAnchor clock_at(domain::Nanos time)
{
  return { .monotonic = domain::MonotonicTime{ time }, .wall = domain::WallTime{ time } };
}

class RecentEvidenceTest : public testing::Test {
protected:
  /// Time goes on second by second, each with one request.
  void pass_until(domain::Nanos end, bool wanted)
  {
    for (; now < end; now += 1s) {
      if (wanted)
        recent.want(clock_at(now));
      if (recent.tend(clock_at(now))) {
        ++opened;
        feed.add(domain::ServersSeen{ .time = domain::MonotonicTime{ now },
                                      .servers = { a_server(100, { 101 }) } });
      }
      feed.add(a_request(101, now + 500ms, static_cast<std::uint64_t>(now / 1s)));
    }
  }

  [[nodiscard]] std::optional<domain::Report> report() { return recent.report(clock_at(now)); }

  static std::uint64_t requests_of(const domain::Report &report)
  {
    std::uint64_t requests = 0;
    for (const domain::EndpointReport &endpoint : report.endpoints)
      requests += endpoint.requests;
    return requests;
  }

  ObservationFeed feed{ domain::RouteTable{}, clock_at(0s) };
  RecentEvidence recent{ feed, domain::RouteTable{}, span };
  domain::Nanos now = 1000s;
  int opened = 0;
};

TEST_F(RecentEvidenceTest, LooksAtNothingThatNobodyWants)
{
  pass_until(1200s, false);
  EXPECT_EQ(opened, 0);
  EXPECT_FALSE(report());
}

TEST_F(RecentEvidenceTest, SaysNothingOfAFewSeconds)
{
  pass_until(1009s, true);
  EXPECT_FALSE(report());
  pass_until(1011s, true);
  ASSERT_TRUE(report());
  EXPECT_EQ(report()->window.length(), 11s);
  EXPECT_EQ(requests_of(*report()), 11);
}

TEST_F(RecentEvidenceTest, LooksBackOnHalfOfTheSpanAtLeastAndOnNoMoreThanAll)
{
  pass_until(1000s + span / 2, true);
  for (int second = 0; second < 300; ++second) {
    pass_until(now + 1s, true);
    const std::optional<domain::Report> seen = report();
    ASSERT_TRUE(seen);
    EXPECT_GE(seen->window.length(), span / 2);
    EXPECT_LE(seen->window.length(), span + 1s);
    EXPECT_EQ(requests_of(*seen), seen->window.length() / 1s);
    EXPECT_EQ(seen->servers.size(), 1);
  }
}

TEST_F(RecentEvidenceTest, EndsWhenNobodyHasWantedItForAWhile)
{
  pass_until(1100s, true);
  ASSERT_TRUE(report());
  pass_until(1100s + RecentEvidence::patience - 1s, false);
  EXPECT_TRUE(report());
  pass_until(1100s + RecentEvidence::patience + 1s, false);
  EXPECT_FALSE(report());
}

} // namespace
} // namespace linger::app
