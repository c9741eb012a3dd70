#include "diagnose/ranking.h"

#include "diagnose/diagnose.h"
#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;
using domain::Severity;

using Names = std::vector<std::string>;

Names ids_of(const std::vector<Finding> &findings)
{
  Names ids;
  for (const Finding &finding : findings)
    ids.push_back(finding.id);
  return ids;
}

Finding finding(const std::string &id, Severity severity, const domain::Effect &effect,
                const Names &explained_by = {})
{
  Finding one;
  one.id = id;
  one.severity = severity;
  one.effect = effect;
  one.explained_by = explained_by;
  return one;
}

TEST(RankingTest, PutsTheDearestOfOneSeverityFirst)
{
  std::vector<Finding> findings{
    finding("unmeasured", Severity::warning, {}),
    finding("cheap", Severity::warning, { .request_seconds_per_second = 0.1 }),
    finding("growing", Severity::warning, { .bytes_per_hour = 500e6 }),
    finding("dear", Severity::warning, { .request_seconds_per_second = 3 }),
    finding("losing", Severity::warning, { .requests_lost_per_hour = 120 }), // 1 s per second
    finding("minor", Severity::info, { .request_seconds_per_second = 9 }),
  };
  rank(findings);

  EXPECT_EQ(ids_of(findings),
            (Names{ "dear", "losing", "growing", "cheap", "unmeasured", "minor" }));
}

TEST(RankingTest, PutsConsequencesBehindTheirFirstCause)
{
  std::vector<Finding> findings{
    finding("consequence", Severity::critical, { .request_seconds_per_second = 4 },
            { "cause", "other cause" }),
    finding("crash", Severity::critical, { .requests_lost_per_hour = 600 }),
    finding("other cause", Severity::warning, { .request_seconds_per_second = 1 }),
    finding("cause", Severity::warning, { .request_seconds_per_second = 2 }),
  };
  rank(findings);

  EXPECT_EQ(ids_of(findings), (Names{ "crash", "cause", "consequence", "other cause" }));
}

TEST(RankingTest, FollowsCausesOfCauses)
{
  std::vector<Finding> findings{
    finding("queue", Severity::critical, { .request_seconds_per_second = 5 }, { "blocking" }),
    finding("dear", Severity::warning, { .request_seconds_per_second = 3 }),
    finding("blocking", Severity::warning, { .request_seconds_per_second = 1 }, { "query" }),
    finding("query", Severity::info, {}),
  };
  rank(findings);

  EXPECT_EQ(ids_of(findings), (Names{ "query", "blocking", "queue", "dear" }));
}

TEST(RankingTest, CountsNoTimeTwice)
{
  Finding blocking =
      finding("blocking", Severity::warning, { .request_seconds_per_second = 2 }, { "query" });
  blocking.rule = "blocking-io-in-request"; // the query's time is a part of that
  std::vector<Finding> findings{
    blocking,
    finding("query", Severity::warning, { .request_seconds_per_second = 1.5 }),
    finding("dear", Severity::warning, { .request_seconds_per_second = 3 }),
  };
  rank(findings);

  EXPECT_EQ(ids_of(findings), (Names{ "dear", "query", "blocking" }));
}

TEST(RankingTest, CausesHaveAPartInWhatTheyCause)
{
  std::vector<Finding> findings{
    finding("dear", Severity::warning, { .request_seconds_per_second = 3 }),
    finding("cheap cause", Severity::warning, { .request_seconds_per_second = 0.5 }),
    finding("cause", Severity::warning, { .request_seconds_per_second = 1 }),
    finding("queue", Severity::warning, { .request_seconds_per_second = 5 },
            { "cause", "cheap cause" }),
  };
  rank(findings);

  EXPECT_EQ(ids_of(findings), (Names{ "cause", "queue", "dear", "cheap cause" }));
}

TEST(RankingTest, FullWorkersFollowFromTheRequestsThatBlock)
{
  Report report = report_of(4, 1.0);
  add_endpoint(report, "/report/{}", 80, { { Cause::database, 300ms } }); // 2.4 of 4 threads
  add_endpoint(report, "/cart", 1000, { { Cause::on_cpu, 6ms }, { Cause::cache, 9ms } });

  const auto findings = diagnose(report, {});
  ASSERT_EQ(ids_of(findings),
            (Names{ "blocking-io-in-request:100:GET /report/{}", "workers-saturated:100:" }));
  EXPECT_NEAR(findings[0].effect.request_seconds_per_second, 2.4, 1e-9);
  EXPECT_EQ(findings[1].explained_by, Names{ findings[0].id });
  EXPECT_NE(findings[1].detail.find("GET /report/{} waits for"), std::string::npos)
      << findings[1].detail;
  EXPECT_NE(findings[1].detail.find("1.6 of 4 request threads"), std::string::npos)
      << findings[1].detail;
  EXPECT_TRUE(findings[0].explained_by.empty());
}

TEST(RankingTest, NamesNoMoreCausesThanItTakes)
{
  Report report = report_of(4, 1.0);
  add_endpoint(report, "/report/{}", 90, { { Cause::database, 300ms } }); // 2.7 of 4 threads
  add_endpoint(report, "/charge", 40, { { Cause::upstream, 150ms } });    // 0.6

  const auto findings = of_rule(diagnose(report, {}), "workers-saturated");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].explained_by, Names{ "blocking-io-in-request:100:GET /report/{}" });
}

TEST(RankingTest, FullWorkersStandForThemselvesWhereNoFindingExplainsThem)
{
  Report report = report_of(4, 1.0);
  // Waits too short for a finding of their own take most of the workers; one endpoint blocks.
  add_endpoint(report, "/cart", 2000, { { Cause::on_cpu, 2ms }, { Cause::cache, 16ms } });
  add_endpoint(report, "/charge", 10, { { Cause::upstream, 300ms } });

  const auto findings = of_rule(diagnose(report, {}), "workers-saturated");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_TRUE(findings[0].explained_by.empty());
  EXPECT_EQ(findings[0].remedy.find("Until then"), std::string::npos);
}

TEST(RankingTest, KeepsTheCausesOfEachServerApart)
{
  Report report = report_of(2, 1.0);
  report.servers.push_back(report.servers[0]);
  report.servers[1].server.master_tgid = 200;
  add_endpoint(report, "/nap", 160, { { Cause::sleep, 120ms } });
  add_endpoint(report, "/x", 1000, { { Cause::cache, 18ms } }).server = 200;

  for (const Finding &finding : of_rule(diagnose(report, {}), "workers-saturated"))
    EXPECT_EQ(finding.explained_by.empty(), finding.server == 200) << finding.id;
}

/// One worker was ended while it served `endpoint`.
Report report_with_timeout(const std::string &endpoint)
{
  Report report = report_of(2, 0.4);
  report.servers[0].server.timeout_seconds = 2;
  domain::WorkerReport &worker = report.servers[0].workers.emplace_back();
  worker.tgid = 110;
  worker.state = domain::WorkerState::exited;
  worker.end = domain::WorkerEnd{ .signal = 6,
                                  .sender_tgid = 100,
                                  .by_master = true,
                                  .lost = { { .endpoint = endpoint, .open = 2s } } };
  return report;
}

TEST(RankingTest, TimeoutsFollowFromWhatTheWorkersWereServing)
{
  for (const auto &[endpoint, follows] :
       { std::pair{ "GET /report/{}", true }, std::pair{ "GET /other", false } }) {
    Report report = report_with_timeout(endpoint);
    add_endpoint(report, "/report/{}", 10, { { Cause::database, 500ms } });
    const auto findings = of_rule(diagnose(report, {}), "worker-timeout");
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_EQ(findings[0].explained_by.empty(), !follows) << endpoint;
    EXPECT_NEAR(findings[0].effect.requests_lost_per_hour, 360, 1e-6);
  }
}

} // namespace
} // namespace linger::diagnose
