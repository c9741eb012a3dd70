#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;
using domain::Severity;

std::vector<Finding> blocked(const Report &report)
{
  return of_rule(diagnose(report, {}), "blocked-event-loop");
}

domain::SiteReport blocking_site(Cause cause, const std::string &what, domain::Nanos total)
{
  return {
    .cause = cause, .held_loop = true, .what = what, .waits = 50, .total = total, .max = 60ms
  };
}

/// A server whose endpoint /cheap waits 30 ms a request for its turn.
Report loop_report(const std::string &worker_class)
{
  Report report = report_of(1, 0.5);
  report.servers[0].server.worker_class = worker_class;
  add_endpoint(report, "/cheap", 200, { { Cause::event_loop, 30ms }, { Cause::on_cpu, 1ms } });
  return report;
}

TEST(BlockedEventLoopTest, NamesTheEndpointThatBlocksAndWhere)
{
  Report report = loop_report("gevent");
  auto &endpoint =
      add_endpoint(report, "/smuggled", 50, { { Cause::sleep, 50ms }, { Cause::on_cpu, 1ms } });
  endpoint.sites = { blocking_site(Cause::sleep, "clock_nanosleep", 2500ms) };
  endpoint.sites[0].code = "app.py:7 in view";

  const auto findings = blocked(report);
  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.id, "blocked-event-loop:100:");
  EXPECT_EQ(finding.severity, Severity::critical);
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "GET /smuggled" });
  EXPECT_NE(finding.title.find("GET /smuggled"), std::string::npos);
  EXPECT_NE(finding.detail.find("sleep (clock_nanosleep at app.py:7 in view)"), std::string::npos);
  EXPECT_NE(finding.remedy.find("patch_all"), std::string::npos);
  EXPECT_EQ(cited(finding, "waiting for the thread per request, mean"), 24e6);
  EXPECT_EQ(cited(finding, "GET /smuggled keeps the thread, mean per request"), 51e6);
}

TEST(BlockedEventLoopTest, AdvisesByWhatHoldsTheLoopAndWhichLoopItIs)
{
  for (const auto &[worker_class, cause, advice] : {
           std::tuple{ "gevent", Cause::sleep, "patch_all" },
           std::tuple{ "eventlet", Cause::database, "psycogreen" },
           std::tuple{ "uvicorn.workers.UvicornWorker", Cause::sleep, "asyncio.to_thread" },
       }) {
    Report report = loop_report(worker_class);
    add_endpoint(report, "/x", 50, { { cause, 50ms } }).sites = { blocking_site(cause, "it", 2s) };
    ASSERT_EQ(blocked(report).size(), 1U) << worker_class;
    EXPECT_NE(blocked(report)[0].remedy.find(advice), std::string::npos)
        << blocked(report)[0].remedy;
  }
}

TEST(BlockedEventLoopTest, BlamesComputingToo)
{
  for (const auto &[worker_class, advice] :
       { std::pair{ "gevent", "threadpool" }, std::pair{ "tornado", "run_in_executor" } }) {
    Report report = loop_report(worker_class);
    add_endpoint(report, "/report", 50, { { Cause::on_cpu, 40ms } });

    const auto findings = blocked(report);
    ASSERT_EQ(findings.size(), 1U);
    EXPECT_NE(findings[0].detail.find("GET /report computes for 40.0 ms"), std::string::npos)
        << findings[0].detail;
    EXPECT_NE(findings[0].remedy.find(advice), std::string::npos);
  }
}

TEST(BlockedEventLoopTest, NamesTheWorstFirst)
{
  Report report = loop_report("gevent");
  add_endpoint(report, "/rare", 2, { { Cause::on_cpu, 90ms } });
  add_endpoint(report, "/often", 100, { { Cause::on_cpu, 20ms } });

  ASSERT_EQ(blocked(report).size(), 1U);
  EXPECT_EQ(blocked(report)[0].endpoints, (std::vector<std::string>{ "GET /often", "GET /rare" }));
}

TEST(BlockedEventLoopTest, IsAWarningWhileMostOfTheTimeGoesElsewhere)
{
  Report report = loop_report("gevent");
  add_endpoint(report, "/report", 50, { { Cause::on_cpu, 40ms }, { Cause::upstream, 400ms } });

  ASSERT_EQ(blocked(report).size(), 1U);
  EXPECT_EQ(blocked(report)[0].severity, Severity::warning);
}

TEST(BlockedEventLoopTest, IsSilentAboutWaitsThatLetOthersRun)
{
  Report report = loop_report("gevent");
  auto &endpoint = add_endpoint(report, "/slow", 50, { { Cause::upstream, 60ms } });
  endpoint.sites = { blocking_site(Cause::upstream, "127.0.0.1:80", 3s) };
  endpoint.sites[0].held_loop = false;

  EXPECT_TRUE(blocked(report).empty());
  EXPECT_TRUE(of_rule(diagnose(report, {}), "blocking-io-in-request").empty());
}

TEST(BlockedEventLoopTest, IsSilentAboutALoopThatIsMerelyBusy)
{
  Report report = loop_report("gevent");
  add_endpoint(report, "/small", 2000, { { Cause::on_cpu, 2ms }, { Cause::event_loop, 50ms } });

  EXPECT_TRUE(blocked(report).empty());
}

TEST(BlockedEventLoopTest, IsSilentWhenNobodyHasToWait)
{
  Report report = report_of(1, 0.5);
  report.servers[0].server.worker_class = "gevent";
  add_endpoint(report, "/smuggled", 100, { { Cause::sleep, 50ms } }).sites = { blocking_site(
      Cause::sleep, "clock_nanosleep", 5s) };

  EXPECT_TRUE(blocked(report).empty());
}

TEST(BlockedEventLoopTest, IsSilentAboutServersWithAThreadForEachRequest)
{
  Report report = loop_report("gthread");
  add_endpoint(report, "/report", 50, { { Cause::on_cpu, 40ms } });

  EXPECT_TRUE(blocked(report).empty());
}

} // namespace
} // namespace linger::diagnose
