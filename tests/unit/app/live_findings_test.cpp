// What an agent tells those who watch: what holds now.

#include "unit/app/agent_on_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class LiveFindings : public AgentOnScript {};

TEST_F(LiveFindings, TellsLiveFindingsByTheLatestMinutes)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  const auto requests = [&](domain::Nanos from, domain::Nanos sleep) {
    for (std::uint64_t i = 1; i <= 10; ++i) {
      domain::Request request = a_request(101, from + i * 1ms, i);
      request.times[domain::Cause::sleep] = sleep;
      happens(request, from + 1s);
    }
  };
  requests(10s, 500ms);
  const Result<domain::Report> at_first = (*agent)->live_report({});
  ASSERT_TRUE(at_first) << at_first.error().what;
  EXPECT_EQ(at_first->findings.size(), 1);

  requests(12s, 0ms);
  script.with([](HostScript &shared) { shared.now = 40s; });
  const Result<domain::Report> later = (*agent)->live_report({});
  ASSERT_TRUE(later) << later.error().what;
  EXPECT_TRUE(later->findings.empty());
  ASSERT_EQ(later->endpoints.size(), 1);
  EXPECT_EQ(later->endpoints[0].requests, 20); // of everything since the start
  EXPECT_EQ((*agent)->report_so_far({})->findings.size(), 1);
}

TEST_F(LiveFindings, TellsOneWhoBeginsToLookNothingOfWhatMayBeLongOver)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  const auto slow_requests = [&](domain::Nanos at) {
    for (std::uint64_t i = 1; i <= 10; ++i) {
      domain::Request request = a_request(101, at, i);
      request.times[domain::Cause::sleep] = 500ms;
      happens(request, at + 1s);
    }
  };
  slow_requests(10s);
  ASSERT_EQ((*agent)->report_so_far({})->findings.size(), 1);

  const domain::Nanos later = 12s + Config{}.findings_window;
  script.with([&](HostScript &shared) { shared.now = later; });
  const Result<domain::Report> at_first = (*agent)->live_report({});
  ASSERT_TRUE(at_first) << at_first.error().what;
  EXPECT_TRUE(at_first->findings.empty());
  EXPECT_THAT(at_first->coverage.gaps, Contains(HasSubstr("ten seconds")));

  slow_requests(later + 1s);
  script.with([&](HostScript &shared) { shared.now = later + RecentEvidence::least_age + 2s; });
  const Result<domain::Report> then = (*agent)->live_report({});
  EXPECT_EQ(then->findings.size(), 1);
  EXPECT_THAT(then->coverage.gaps, Not(Contains(HasSubstr("ten seconds"))));
}

TEST_F(LiveFindings, TellsNoLiveFindingOfAServerThatIsGone)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    domain::Request request = a_request(101, 10s + i * 1ms, i);
    request.times[domain::Cause::sleep] = 500ms;
    happens(request, 11s);
  }
  ASSERT_EQ((*agent)->live_report({})->findings.size(), 1);
  script.with([](HostScript &shared) { shared.servers.erase(shared.servers.begin()); });
  for (domain::Nanos now = 12s; now < 30s && !(*agent)->live_report({})->findings.empty();
       now += 1s)
    script.with([&](HostScript &shared) { shared.now = now; });
  EXPECT_TRUE((*agent)->live_report({})->findings.empty());
}

} // namespace
} // namespace linger::app
