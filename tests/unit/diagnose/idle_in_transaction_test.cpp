#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;

std::vector<Finding> idle(const Report &report, const Thresholds &thresholds = {})
{
  return of_rule(diagnose(report, thresholds), "idle-in-transaction");
}

domain::PeerReport database()
{
  return { .peer = { .address = "127.0.0.1:5432",
                     .name = "postgresql",
                     .protocol = "postgresql",
                     .cause = Cause::database },
           .open = 1 };
}

/// An endpoint that forgets to commit, and one worker whose connection then stays as it is.
Report forgetful()
{
  Report report = report_of(2, 0.1);
  auto &forgets = add_endpoint(report, "/cart", 40, { { Cause::database, 2ms } });
  forgets.open_transactions = 40;
  forgets.wall_ns.add(3'000'000);
  add_endpoint(report, "/hello", 40, { { Cause::on_cpu, 1ms } });
  domain::PeerReport peer = database();
  peer.idle_in_transaction = 1;
  peer.longest_idle_in_transaction = 8s;
  report.servers[0].workers[1].connections.push_back(peer);
  return report;
}

domain::PeerReport &peer_in(Report &report)
{
  return report.servers[0].workers[1].connections[0];
}

TEST(IdleInTransactionTest, NamesTheEndpointTheWorkerAndHowLong)
{
  const auto findings = idle(forgetful());

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.id, "idle-in-transaction:100:");
  EXPECT_EQ(finding.severity, domain::Severity::warning);
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "GET /cart" });
  EXPECT_EQ(finding.workers, std::vector<std::uint32_t>{ 102 });
  EXPECT_EQ(cited(finding, "left a transaction open: GET /cart"), 40);
  EXPECT_EQ(cited(finding, "in a transaction for no request, worker 102 at 127.0.0.1:5432"), 8e9);
  EXPECT_NE(finding.remedy.find("idle_in_transaction_session_timeout"), std::string::npos);
}

TEST(IdleInTransactionTest, SeesOneThatOutlivesEveryRequestOfABusyWorker)
{
  Report report = forgetful();
  peer_in(report).longest_idle_in_transaction = 0s;
  peer_in(report).longest_transaction = 9s;

  ASSERT_EQ(idle(report).size(), 1U);
  EXPECT_NEAR(
      cited(idle(report)[0], "in a transaction for no request, worker 102 at 127.0.0.1:5432"),
      8.997e9, 1e8);
}

TEST(IdleInTransactionTest, IsSilentAboutATransactionOfALongRequest)
{
  Report report = forgetful();
  peer_in(report).longest_idle_in_transaction = 0s;
  peer_in(report).longest_transaction = 9s;
  add_endpoint(report, "/export", 1, { { Cause::database, 9s } }).wall_ns.add(9'000'000'000);
  EXPECT_TRUE(idle(report).empty());

  Report open = forgetful();
  peer_in(open).longest_idle_in_transaction = 0s;
  peer_in(open).longest_transaction = 9s;
  open.servers[0].workers[1].open_request = 9s;
  EXPECT_TRUE(idle(open).empty());
}

TEST(IdleInTransactionTest, IsSilentAboutATransactionThatAStreamedResponseStillNeeds)
{
  Report report = forgetful();
  report.endpoints[0].wall_ns.add(10'000'000'000);

  EXPECT_TRUE(idle(report).empty());
}

TEST(IdleInTransactionTest, IsSilentWhenTransactionsEndSoonAfterTheRequest)
{
  Report report = forgetful();
  peer_in(report).longest_idle_in_transaction = 1s;

  EXPECT_TRUE(idle(report).empty());
  EXPECT_EQ(idle(report, { .transaction_min_idle_ns = 900'000'000 }).size(), 1U);
}

TEST(IdleInTransactionTest, IsSilentAboutThreadsThatServeNoRequests)
{
  Report report = forgetful();
  report.endpoints[0].open_transactions = 0;

  EXPECT_TRUE(idle(report).empty());
}

TEST(IdleInTransactionTest, IsSilentAboutAnAccident)
{
  Report report = forgetful();
  report.endpoints[0].open_transactions = 2;

  EXPECT_TRUE(idle(report).empty());
}

} // namespace
} // namespace linger::diagnose
