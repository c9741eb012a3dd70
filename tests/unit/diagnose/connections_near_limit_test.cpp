#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;

std::vector<Finding> near_limit(const Report &report, const Thresholds &thresholds = {})
{
  return of_rule(diagnose(report, thresholds), "connections-near-limit");
}

/// Two workers with 20 connections each to a database that takes 97.
Report pooled(std::uint64_t taken)
{
  Report report = report_of(2, 0.1);
  add_endpoint(report, "/hello", 40, { { Cause::on_cpu, 1ms } });
  for (auto &worker : report.servers[0].workers)
    worker.connections.push_back({ .peer = { .address = "127.0.0.1:5432",
                                             .name = "postgresql",
                                             .protocol = "postgresql",
                                             .cause = Cause::database },
                                   .open = 20,
                                   .most_taken = taken,
                                   .limit = 97 });
  return report;
}

TEST(ConnectionsNearLimitTest, SaysHowManyAreTakenAndByWhom)
{
  const auto findings = near_limit(pooled(80));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.id, "connections-near-limit:100:127.0.0.1:5432");
  EXPECT_EQ(finding.severity, domain::Severity::warning);
  EXPECT_EQ(finding.workers, (std::vector<std::uint32_t>{ 101, 102 }));
  EXPECT_EQ(cited(finding, "taken at 127.0.0.1:5432"), 80);
  EXPECT_EQ(cited(finding, "taken by this server's workers"), 40);
  EXPECT_EQ(cited(finding, "limit for ordinary clients"), 97);
  EXPECT_NE(finding.remedy.find("2 workers may have 24 each"), std::string::npos) << finding.remedy;
}

TEST(ConnectionsNearLimitTest, IsCriticalOnceNoneIsLeft)
{
  ASSERT_EQ(near_limit(pooled(97)).size(), 1U);
  EXPECT_EQ(near_limit(pooled(97))[0].severity, domain::Severity::critical);
}

TEST(ConnectionsNearLimitTest, PointsAtOthersWhereTheyHoldMost)
{
  const auto findings = near_limit(pooled(90));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].remedy.find("pg_stat_activity"), std::string::npos) << findings[0].remedy;
}

TEST(ConnectionsNearLimitTest, IsSilentFarFromTheLimitAndWhereItIsNotKnown)
{
  EXPECT_TRUE(near_limit(pooled(77)).empty());
  Report unknown = pooled(0);
  for (auto &worker : unknown.servers[0].workers)
    worker.connections[0].limit = 0;
  EXPECT_TRUE(near_limit(unknown).empty());
  EXPECT_TRUE(near_limit(unknown, { .connections_limit = 60 }).empty());
  EXPECT_EQ(near_limit(unknown, { .connections_limit = 50 }).size(), 1U) << "40 of its own";
}

TEST(ConnectionsNearLimitTest, FollowsFromALeakToTheSameDatabase)
{
  Report report = pooled(80);
  domain::WorkerReport &worker = report.servers[0].workers[0];
  worker.requests = 40;
  worker.connections[0].open = 40;
  worker.connections[0].unused_middle = 20;
  const auto findings = near_limit(report);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].explained_by,
            std::vector<std::string>{ "connection-leak:100:127.0.0.1:5432" });
}

TEST(ConnectionsNearLimitTest, DoesNotCountWhatAnEndedWorkerHeld)
{
  Report report = pooled(0);
  report.servers[0].workers[1].state = domain::WorkerState::exited;
  EXPECT_TRUE(near_limit(report, { .connections_limit = 30 }).empty());
}

} // namespace
} // namespace linger::diagnose
