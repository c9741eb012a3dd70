// What requests leave in the heap: contexts and sessions.

#include "diagnose/rules.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;
using domain::RequestObjects;
using domain::Severity;

constexpr auto app_context = "flask.ctx.AppContext";
constexpr auto session = "sqlalchemy.orm.session.Session";

/// Each worker had `begin` and has `end` objects of the type.
Report leaving(const std::string &type, std::uint64_t begin, std::uint64_t end,
               std::uint32_t workers = 1)
{
  Report report = report_of(workers, 0.1);
  for (domain::WorkerReport &worker : report.servers.front().workers)
    worker.heap_growth = domain::HeapGrowth{
      .tgid = worker.tgid,
      .between = 9s,
      .of_requests = { { type, begin, end, { { "`shop.KEPT` (list)", 40 } } } }
    };
  add_endpoint(report, "/push", 200, {});
  add_endpoint(report, "/clean", 900, {});
  return report;
}

template <typename Rule>
std::vector<Finding> of(Rule rule, const Report &report)
{
  return rule(server_loads(report).front(), Thresholds{});
}

TEST(ContextNotPoppedTest, NamesTheEndpointThatHadAsManyRequests)
{
  const auto findings = of(context_not_popped, leaving(app_context, 5, 204));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].rule, "context-not-popped");
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_EQ(findings[0].endpoints, std::vector<std::string>{ "GET /push" });
  EXPECT_EQ(findings[0].workers, std::vector<std::uint32_t>{ 101 });
  EXPECT_EQ(
      findings[0].detail,
      "Worker 101 had 204 flask.ctx.AppContext, 5 9.00 s before, and serves at most one request "
      "at a time. 40 of them are held by `shop.KEPT` (list). In the window 199 came to be, about "
      "as many as GET /push had requests (200).");
  EXPECT_EQ(findings[0].evidence.size(), 2U);
  EXPECT_TRUE(of(session_not_closed, leaving(app_context, 5, 204)).empty());
}

TEST(ContextNotPoppedTest, AddsUpWorkersAndNamesNobodyWhereOneWasNotLookedInto)
{
  Report report = leaving(app_context, 0, 100, 2);
  EXPECT_EQ(of(context_not_popped, report).at(0).endpoints.size(), 1U);
  EXPECT_EQ(of(context_not_popped, report).at(0).workers.size(), 2U);
  report.servers[0].workers[1].heap_growth.reset();
  EXPECT_TRUE(of(context_not_popped, report).at(0).endpoints.empty());
}

TEST(ContextNotPoppedTest, NamesNobodyWhereTwoHadAsManyRequests)
{
  Report report = leaving(app_context, 0, 200);
  add_endpoint(report, "/other", 203, {});
  EXPECT_TRUE(of(context_not_popped, report).at(0).endpoints.empty());
}

TEST(ContextNotPoppedTest, IsSilentAboutWhatRequestsInProgressNeed)
{
  Report report = leaving(app_context, 8, 8);
  EXPECT_TRUE(of(context_not_popped, report).empty());
  report = leaving(app_context, 12, 12);
  EXPECT_EQ(of(context_not_popped, report).size(), 1U);
  report.servers[0].server.threads_per_worker = 8;
  EXPECT_TRUE(of(context_not_popped, report).empty());
}

TEST(ContextNotPoppedTest, IsSilentWithinWhatTheCountMayBeOffBy)
{
  Report report = leaving(app_context, 0, 60);
  report.servers[0].workers[0].heap_growth->error_objects = 80;
  EXPECT_TRUE(of(context_not_popped, report).empty());
}

TEST(ContextNotPoppedTest, IsSilentAboutEventLoops)
{
  Report report = leaving(app_context, 0, 500);
  report.servers[0].server.worker_class = "gevent";
  EXPECT_TRUE(of(context_not_popped, report).empty());
}

TEST(ContextNotPoppedTest, SaysAsAnAsideWhatWasThereAllAlong)
{
  const auto findings = of(context_not_popped, leaving(app_context, 50, 50));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::info);
  EXPECT_TRUE(findings[0].endpoints.empty());
}

TEST(SessionNotClosedTest, TellsOfSessionsAndConnections)
{
  EXPECT_EQ(of(session_not_closed, leaving(session, 5, 204)).size(), 1U);
  EXPECT_EQ(of(session_not_closed, leaving("sqlalchemy.pool.base._ConnectionFairy", 0, 204)).size(),
            1U);
  EXPECT_EQ(of(session_not_closed, leaving("flask_sqlalchemy.session.Session", 0, 204)).size(), 1U);
  EXPECT_TRUE(of(context_not_popped, leaving(session, 5, 204)).empty());
}

} // namespace
} // namespace linger::diagnose
