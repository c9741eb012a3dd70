#include "unit/app/agent_on_script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::app {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

class AgentTest : public AgentOnScript {
protected:
  /// Observes 10 s to 11 s; one request has ended before, and two end meanwhile.
  Result<domain::Report> observe_a_second(Agent &agent,
                                          const std::vector<std::uint32_t> &tgids = {})
  {
    happens(a_request(101, 9900ms, 1), 10s);
    int asked = 0;
    return agent.observe_while({ 1s, tgids }, [&](domain::Nanos) {
      if (++asked == 1)
        happens(a_request(101, 10200ms, 2), 10300ms);
      else if (asked == 2)
        happens(a_request(201, 10500ms, 1), 10600ms);
      else
        script.with([](HostScript &shared) { shared.now = 11s; });
      return true;
    });
  }
};

TEST_F(AgentTest, CountsJustTheRequestsThatEndInTheWindow)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;

  const Result<domain::Report> report = observe_a_second(**agent);

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->window.length(), 1s);
  EXPECT_EQ(report->coverage.requests_seen, 2);
}

TEST_F(AgentTest, ObservesOnlyTheServersAskedFor)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;

  const Result<domain::Report> report = observe_a_second(**agent, { 102 }); // a worker of 100

  ASSERT_TRUE(report) << report.error().what;
  ASSERT_EQ(report->servers.size(), 1);
  EXPECT_EQ(report->servers.front().server.master_tgid, 100);
  EXPECT_EQ(report->coverage.requests_seen, 1);
}

TEST_F(AgentTest, TracesAllocationsForAsLongAsTheWindowLasts)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;

  std::vector<std::uint32_t> traced;
  const Result<domain::Report> report = (*agent)->observe_while(
      { 1s, { 102 }, domain::MemoryTier::allocations, {} }, [&](domain::Nanos) {
        script.with([&](HostScript &shared) {
          traced = shared.traced;
          shared.now = 11s;
        });
        return true;
      });

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_THAT(traced, ElementsAre(101, 102));
  EXPECT_TRUE(script.with([](HostScript &shared) { return shared.traced.empty(); }));
}

TEST_F(AgentTest, FailsWhereAllocationsCannotBeTraced)
{
  script.trace_error = Error{ Error::Kind::exhausted, "for somebody else already" };
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;

  const Result<domain::Report> report = (*agent)->observe_while(
      { 1s, {}, domain::MemoryTier::allocations, {} }, [](domain::Nanos) { return true; });

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, Error::Kind::exhausted);
}

TEST_F(AgentTest, ProfilesTheRequestsOfAWindow)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  int asked = 0;
  const Result<domain::Profile> profile =
      (*agent)->profile_while({ domain::ProfileKind::on_cpu, 1s, { 100 }, {} }, [&](domain::Nanos) {
        if (++asked == 1)
          happens(a_request(101, 10200ms, 2), 10300ms);
        else
          script.with([](HostScript &shared) { shared.now = 11s; });
        return true;
      });
  ASSERT_TRUE(profile) << profile.error().what;
  ASSERT_EQ(profile->samples.size(), 1);
  EXPECT_EQ(profile->samples[0].worker, 101);
  EXPECT_EQ(profile->samples[0].values[1], 10'000'000);
  EXPECT_TRUE(script.with([](HostScript &shared) { return shared.traced.empty(); }));
}

TEST_F(AgentTest, TracesAllocationsForAProfileOfThem)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  std::vector<std::uint32_t> traced;
  const Result<domain::Profile> profile = (*agent)->profile_while(
      { domain::ProfileKind::retained, 1s, { 100 }, {} }, [&](domain::Nanos) {
        script.with([&](HostScript &shared) {
          traced = shared.traced;
          shared.now = 11s;
        });
        return true;
      });
  ASSERT_TRUE(profile) << profile.error().what;
  EXPECT_THAT(traced, ElementsAre(101, 102));
  EXPECT_TRUE(script.with([](HostScript &shared) { return shared.traced.empty(); }));
}

TEST_F(AgentTest, ACancelledProfileFailsAsExhausted)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  const Result<domain::Profile> profile =
      (*agent)->profile({ domain::ProfileKind::blocked, 1h, {}, {} }, [] { return true; });
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().kind, Error::Kind::exhausted);
}

TEST_F(AgentTest, KnowsAllSinceItsStartAndCanTellItOfOneServer)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  happens(a_request(101, 10100ms, 1), 10200ms);
  happens(a_request(201, 10150ms, 1), 10200ms);

  const Result<domain::Report> all = (*agent)->report_so_far({});
  const Result<domain::Report> one = (*agent)->report_so_far({ 200 });

  ASSERT_TRUE(all) << all.error().what;
  ASSERT_TRUE(one) << one.error().what;
  EXPECT_EQ(all->servers.size(), 2);
  EXPECT_EQ(all->endpoints.size(), 2);
  ASSERT_EQ(one->endpoints.size(), 1);
  EXPECT_EQ(one->endpoints.front().server, 200);
  ASSERT_EQ(one->servers.size(), 1);
  EXPECT_EQ(one->servers.front().server.master_tgid, 200);
  ASSERT_FALSE(one->coverage.gaps.empty());
  EXPECT_THAT(one->coverage.gaps.back(), HasSubstr("every server"));
}

TEST_F(AgentTest, ReportsTheShorterWindowWhenItEndsEarly)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;

  const auto report = (*agent)->observe_while({ 1h, {} }, [&](domain::Nanos) {
    happens(a_request(101, 10100ms, 1), 10250ms);
    return false;
  });

  ASSERT_TRUE(report) << report.error().what;
  EXPECT_EQ(report->window.length(), 250ms);
  EXPECT_EQ(report->coverage.requests_seen, 1);
}

TEST_F(AgentTest, ACancelledObservationFailsAsExhausted)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;

  const auto report = (*agent)->observe({ 1h, {} }, [] { return true; });

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, Error::Kind::exhausted);
}

TEST_F(AgentTest, RefusesAProcessThatBelongsToNoWatchedServer)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;

  const auto report = (*agent)->observe({ 1s, { 101, 4711 } }, [] { return false; });

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, Error::Kind::not_found);
  EXPECT_THAT(report.error().what, HasSubstr("4711"));
}

TEST_F(AgentTest, TakesNoCensusOfAMasterNorOfAStranger)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  const auto master = (*agent)->look_at_heap(100, {});
  ASSERT_FALSE(master);
  EXPECT_EQ(master.error().kind, Error::Kind::usage);
  EXPECT_NE(master.error().what.find("101"), std::string::npos) << master.error().what;
  const auto stranger = (*agent)->look_at_heap(4711, {});
  ASSERT_FALSE(stranger);
  EXPECT_EQ(stranger.error().kind, Error::Kind::not_found);
}

TEST_F(AgentTest, FindsAServerYoungerThanTheLastLookWhenAskedForIt)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  script.with([](HostScript &shared) { shared.servers.push_back(a_server(300, { 301 })); });

  const auto servers = (*agent)->servers({ 301 });

  ASSERT_TRUE(servers) << servers.error().what;
  ASSERT_EQ(servers->size(), 1);
  EXPECT_EQ(servers->front().server.master_tgid, 300);
}

TEST_F(AgentTest, ListsNoServersAndWorkersOfThePast)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  script.with([](HostScript &shared) {
    shared.servers = { a_server(100, { 102 }) };
    shared.pending.push_back(domain::ProcessEvent{ .kind = domain::ProcessEvent::Kind::exited,
                                                   .time = domain::MonotonicTime{ 10s },
                                                   .tgid = 101,
                                                   .parent_tgid = 100 });
  });
  // The first look that misses a server is not believed.
  EXPECT_FALSE((*agent)->servers({ 4711 }));
  EXPECT_FALSE((*agent)->servers({ 4711 }));

  const auto servers = (*agent)->servers({});

  ASSERT_TRUE(servers) << servers.error().what;
  ASSERT_EQ(servers->size(), 1);
  EXPECT_EQ(servers->front().server.master_tgid, 100);
  ASSERT_EQ(servers->front().workers.size(), 1);
  EXPECT_EQ(servers->front().workers.front().tgid, 102);
}

TEST_F(AgentTest, TotalsHoldWhatIsOverOnServersAndWorkersOfNow)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  domain::Request unfinished = a_request(102, 10100ms, 1, "/slow");
  unfinished.ended = false;
  happens(a_request(101, 10100ms, 1), 10200ms);
  happens(a_request(201, 10150ms, 1), 10200ms);
  happens(unfinished, 10200ms);
  ASSERT_EQ((*agent)->report_so_far({})->endpoints.size(), 3);
  script.with([](HostScript &shared) {
    shared.servers = { a_server(100, { 102 }) };
    shared.pending.push_back(domain::ProcessEvent{ .kind = domain::ProcessEvent::Kind::exited,
                                                   .time = domain::MonotonicTime{ 10s },
                                                   .tgid = 101,
                                                   .parent_tgid = 100 });
  });
  // The first look that misses a server is not believed.
  EXPECT_FALSE((*agent)->servers({ 4711 }));
  EXPECT_FALSE((*agent)->servers({ 4711 }));

  const Result<domain::Report> totals = (*agent)->totals();

  ASSERT_TRUE(totals) << totals.error().what;
  ASSERT_EQ(totals->servers.size(), 1);
  EXPECT_EQ(totals->servers.front().server.master_tgid, 100);
  ASSERT_EQ(totals->servers.front().workers.size(), 1);
  EXPECT_EQ(totals->servers.front().workers.front().tgid, 102);
  ASSERT_EQ(totals->endpoints.size(), 1); // what the worker that is gone has served still counts
  EXPECT_EQ(totals->endpoints.front().route, "/");
  EXPECT_EQ(totals->endpoints.front().requests, 1);
}

TEST_F(AgentTest, GivesAScraperTheTotalsAndTheLiveFindings)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  for (std::uint64_t i = 1; i <= 10; ++i) {
    domain::Request request = a_request(101, 10s + i * 1ms, i);
    request.times[domain::Cause::sleep] = 500ms;
    happens(request, 11s);
  }
  domain::Request unfinished = a_request(102, 10100ms, 1, "/slow");
  unfinished.ended = false;
  happens(unfinished, 11s);

  const Result<Agent::Scrape> scrape = (*agent)->scrape();
  ASSERT_TRUE(scrape) << scrape.error().what;
  ASSERT_EQ(scrape->totals.endpoints.size(), 1);
  EXPECT_EQ(scrape->totals.endpoints.front().requests, 10);
  EXPECT_EQ(scrape->totals.servers.size(), 2);
  ASSERT_EQ(scrape->findings.size(), 1);
  EXPECT_EQ(scrape->findings.front().id, (*agent)->live_report({})->findings.front().id);
}

TEST_F(AgentTest, WatchesJustTheServersItWasStartedFor)
{
  const auto agent = start({ 201 });
  ASSERT_TRUE(agent) << agent.error().what;

  const auto servers = (*agent)->servers({});

  ASSERT_TRUE(servers) << servers.error().what;
  ASSERT_EQ(servers->size(), 1);
  EXPECT_EQ(servers->front().server.master_tgid, 200);
  ASSERT_EQ(script.watched.size(), 1);
  EXPECT_EQ(script.watched.front().master_tgid, 200);
}

TEST_F(AgentTest, AttachesNothingForAProcessThatIsNoServer)
{
  const auto agent = start({ 4711 });

  ASSERT_FALSE(agent);
  EXPECT_EQ(agent.error().kind, Error::Kind::not_found);
  EXPECT_FALSE(script.attached);
}

TEST_F(AgentTest, DoesNotStartWithoutItsProbes)
{
  script.attach_error = Error{ Error::Kind::not_permitted, "no" };
  const auto agent = start();

  ASSERT_FALSE(agent);
  EXPECT_EQ(agent.error().kind, Error::Kind::not_permitted);
  EXPECT_TRUE(script.destroyed);
}

TEST_F(AgentTest, AnswersWithTheReasonWhenCollectingBreaksDown)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;

  const auto report = (*agent)->observe_while({ 1h, {} }, [&](domain::Nanos) {
    script.with([](HostScript &shared) {
      shared.poll_error = Error{ Error::Kind::internal, "the ring broke" };
    });
    return true;
  });

  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().what, "the ring broke");
  EXPECT_EQ((*agent)->failure_so_far()->what, "the ring broke");
}

TEST_F(AgentTest, DetachesAndTurnsDownWhoStillAsksWhenItStops)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  std::atomic<bool> observing = false;
  Result<domain::Report> report;
  std::jthread caller{ [&] {
    report = (*agent)->observe_while({ 1h, {} }, [&](domain::Nanos) {
      observing = true;
      return true;
    });
  } };
  while (!observing)
    std::this_thread::yield();

  (*agent)->stop();
  caller.join();

  EXPECT_TRUE(script.destroyed);
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, Error::Kind::exhausted);
  EXPECT_FALSE((*agent)->servers({}));
}

TEST_F(AgentTest, ARecordingGivesTheSameReportAgain)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  std::vector<domain::Observation> recording;

  const Result<> recorded = (*agent)->record_while(
      { 1s, {} },
      [&](domain::Nanos) {
        happens(a_request(101, 10100ms, 1, "/item/17"), 10250ms);
        return false;
      },
      [&](const domain::Observation &observation) { recording.push_back(observation); });

  ASSERT_TRUE(recorded) << recorded.error().what;
  ASSERT_GE(recording.size(), 2);
  EXPECT_TRUE(std::holds_alternative<domain::WindowMark>(recording.front()));
  EXPECT_TRUE(std::holds_alternative<domain::WindowMark>(recording.back()));
  domain::Evidence evidence{ domain::RouteTable{} };
  for (const domain::Observation &observation : recording)
    evidence.add(observation);
  const domain::Report report = evidence.report();
  EXPECT_EQ(report.servers.size(), 2);
  EXPECT_EQ(report.window.length(), 250ms);
  ASSERT_EQ(report.endpoints.size(), 1);
  EXPECT_EQ(report.endpoints.front().route, "/item/{}");
}

TEST_F(AgentTest, TellsSubscribersOfEachRequestOnceWhenItHasEnded)
{
  const auto agent = start();
  ASSERT_TRUE(agent) << agent.error().what;
  std::vector<serve::SeenRequest> seen;
  auto subscription =
      (*agent)->subscribe([&](const serve::SeenRequest &request) { seen.push_back(request); }, 0);
  domain::Request unfinished = a_request(101, 10100ms, 1, "/item/17");
  unfinished.ended = false;
  happens(unfinished, 10100ms);
  happens(a_request(101, 10200ms, 1, "/item/17"), 10200ms);
  ASSERT_TRUE((*agent)->report_so_far({})); // everything has been handed over now
  subscription.reset();
  happens(a_request(101, 10300ms, 2), 10300ms);
  ASSERT_TRUE((*agent)->report_so_far({}));

  ASSERT_EQ(seen.size(), 1);
  EXPECT_EQ(seen.front().route, "/item/{}");
  EXPECT_EQ(seen.front().server, 100);
  EXPECT_EQ(seen.front().start_time, domain::WallTime{ 1h + 10190ms });
}

} // namespace
} // namespace linger::app
