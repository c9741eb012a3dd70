#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::PeerReport;
using domain::Report;

std::vector<Finding> leaks(const Report &report, const Thresholds &thresholds = {})
{
  return of_rule(diagnose(report, thresholds), "connection-leak");
}

/// A worker that opens one connection in each request and closes none.
Report leaking()
{
  Report report = report_of(2, 0.1);
  add_endpoint(report, "/leak", 80, { { Cause::database, 2ms } }).opened.database = 40;
  report.servers[0].workers[0].requests = 40;
  report.servers[0].workers[0].connections.push_back({ .peer = { .address = "127.0.0.1:5432",
                                                                 .name = "postgresql",
                                                                 .protocol = "postgresql",
                                                                 .cause = Cause::database },
                                                       .open = 42,
                                                       .in_use = 1,
                                                       .idle = 41,
                                                       .opened = 40,
                                                       .most_open = 42,
                                                       .most_in_use = 1,
                                                       .unused_first = 1,
                                                       .unused_middle = 20 });
  return report;
}

PeerReport &peer_in(Report &report)
{
  return report.servers[0].workers[0].connections[0];
}

TEST(ConnectionLeakTest, NamesThePeerTheWorkerAndTheEndpointThatOpens)
{
  const auto findings = leaks(leaking());

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.id, "connection-leak:100:127.0.0.1:5432");
  EXPECT_EQ(finding.severity, domain::Severity::warning);
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "GET /leak" });
  EXPECT_EQ(finding.workers, std::vector<std::uint32_t>{ 101 });
  EXPECT_EQ(cited(finding, "more unused in worker 101"), 40);
  EXPECT_EQ(cited(finding, "connections left per request"), 1);
  EXPECT_NE(finding.title.find("127.0.0.1:5432 (postgresql)"), std::string::npos);
}

TEST(ConnectionLeakTest, BlamesNoEndpointThatMayCloseWhatItOpens)
{
  Report report = leaking();
  add_endpoint(report, "/clean", 80, { { Cause::database, 2ms } }).opened.database = 80;
  peer_in(report).opened = 120;
  peer_in(report).closed = 80;

  ASSERT_EQ(leaks(report).size(), 1U);
  EXPECT_TRUE(leaks(report)[0].endpoints.empty());
  EXPECT_NE(leaks(report)[0].detail.find(
                "opened by GET /clean (80 in 80 requests), GET /leak (40 in 80 requests)."),
            std::string::npos)
      << leaks(report)[0].detail;
}

TEST(ConnectionLeakTest, BlamesNoEndpointThatMayHaveOpenedThemToAnotherPeer)
{
  Report report = leaking();
  add_endpoint(report, "/replica", 80, { { Cause::database, 2ms } }).opened.database = 80;
  report.servers[0].workers[0].connections.push_back(
      { .peer = { .address = "127.0.0.1:5433", .cause = Cause::database },
        .opened = 80,
        .closed = 80 });

  ASSERT_EQ(leaks(report).size(), 1U);
  EXPECT_TRUE(leaks(report)[0].endpoints.empty());
}

TEST(ConnectionLeakTest, NamesAllThatOpenWhereNothingIsClosed)
{
  Report report = leaking();
  add_endpoint(report, "/clean", 80, { { Cause::database, 2ms } });
  add_endpoint(report, "/leak-too", 80, { { Cause::database, 2ms } }).opened.database = 50;

  ASSERT_EQ(leaks(report).size(), 1U);
  EXPECT_EQ(leaks(report)[0].endpoints, (std::vector<std::string>{ "GET /leak-too", "GET /leak" }));
}

TEST(ConnectionLeakTest, IsOneFindingForAllWorkersOfAServer)
{
  Report report = leaking();
  report.servers[0].workers[1].requests = 40;
  report.servers[0].workers[1].connections = report.servers[0].workers[0].connections;

  ASSERT_EQ(leaks(report).size(), 1U);
  EXPECT_EQ(leaks(report)[0].workers, (std::vector<std::uint32_t>{ 101, 102 }));
}

TEST(ConnectionLeakTest, IsSilentAboutAPoolThatFills)
{
  Report report = leaking();
  peer_in(report).unused_middle = 41; // it was full by then
  EXPECT_TRUE(leaks(report).empty());

  Report late = leaking();
  peer_in(late).unused_middle = 1; // a burst
  EXPECT_TRUE(leaks(late).empty());
}

TEST(ConnectionLeakTest, IsSilentAboutOneForEachThread)
{
  Report report = leaking();
  report.servers[0].server.worker_class = "gthread";
  report.servers[0].server.threads_per_worker = 40;

  EXPECT_TRUE(leaks(report).empty());
}

TEST(ConnectionLeakTest, IsSilentAboutWhatIsUsedAtOnce)
{
  Report report = leaking();
  peer_in(report).most_in_use = 20;

  EXPECT_TRUE(leaks(report).empty());
}

TEST(ConnectionLeakTest, IsSilentAboutConnectionsThatAreClosed)
{
  Report report = leaking();
  peer_in(report) = { .peer = peer_in(report).peer, .opened = 500, .closed = 500, .most_open = 3 };

  EXPECT_TRUE(leaks(report).empty());
}

TEST(ConnectionLeakTest, IsSilentAboutFewConnectionsAndFewRequests)
{
  Report few = leaking();
  EXPECT_TRUE(leaks(few, { .leak_min_connections = 41 }).empty());

  Report idle = leaking();
  idle.servers[0].workers[0].requests = 19;
  EXPECT_TRUE(leaks(idle).empty());

  Report busy = leaking();
  busy.servers[0].workers[0].requests = 4'001;
  EXPECT_TRUE(leaks(busy).empty());
}

TEST(ConnectionLeakTest, IsSilentAboutAWorkerThatEnded)
{
  Report report = leaking();
  report.servers[0].workers[0].state = domain::WorkerState::exited;

  EXPECT_TRUE(leaks(report).empty());
}

} // namespace
} // namespace linger::diagnose
