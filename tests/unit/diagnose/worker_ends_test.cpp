#include "diagnose/diagnose.h"
#include "diagnose/worker_end.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::LostRequest;
using domain::Report;
using domain::ServerKind;
using domain::Severity;
using domain::WorkerEnd;

constexpr int sigterm = 15;
constexpr int sigkill = 9;
constexpr int sigabrt = 6;
constexpr int sigsegv = 11;
constexpr int with_status_1 = 1 << 8;

WorkerEnd by_master(std::uint32_t signal, int wait_status)
{
  return {
    .wait_status = wait_status, .signal = signal, .sender_tgid = 100, .by_master = true, .lost = {}
  };
}

LostRequest lost(const std::string &endpoint, domain::Nanos open)
{
  return { .endpoint = endpoint,
           .open = open,
           .cause = Cause::upstream,
           .waited = open - 1ms,
           .what = "10.0.0.7:443",
           .code = "shop/pay.py:12 in charge" };
}

Ending ending(const WorkerEnd &end, ServerKind kind = ServerKind::gunicorn,
              std::uint64_t requests = 5)
{
  return ending_of({ .tgid = 101, .requests = requests, .end = end }, kind);
}

TEST(EndingTest, ToldByWhoAskedForItAndByWhatCameOfIt)
{
  EXPECT_EQ(ending({ .wait_status = 0, .lost = {} }), Ending::wanted) << "--max-requests";
  EXPECT_EQ(ending(by_master(sigterm, 0)), Ending::wanted) << "a reload";
  EXPECT_EQ(ending(by_master(sigterm, sigkill)), Ending::wanted) << "after its graceful timeout";
  EXPECT_EQ(ending(by_master(sigabrt, with_status_1)), Ending::timeout);
  EXPECT_EQ(ending(by_master(sigabrt, sigkill)), Ending::timeout);
  EXPECT_EQ(ending({ .wait_status = sigsegv, .lost = {} }), Ending::crash);
  EXPECT_EQ(ending({ .wait_status = sigkill, .signal = sigkill, .sender_tgid = 7, .lost = {} }),
            Ending::crash);
  EXPECT_EQ(ending({ .wait_status = with_status_1, .lost = {} }), Ending::crash);
  EXPECT_EQ(
      ending({ .wait_status = sigkill, .signal = sigkill, .out_of_memory = true, .lost = {} }),
      Ending::out_of_memory);
}

TEST(EndingTest, IsABootFailureOfOneThatServedNothing)
{
  EXPECT_EQ(ending({ .wait_status = with_status_1, .lost = {} }, ServerKind::uwsgi, 0),
            Ending::boot_failure);
  EXPECT_EQ(ending({ .wait_status = 3 << 8, .lost = {} }), Ending::boot_failure)
      << "Gunicorn's WORKER_BOOT_ERROR";
}

TEST(EndingTest, IsATimeoutWhereUwsgiKillsAWorkerWithARequest)
{
  WorkerEnd end = by_master(sigkill, sigkill);
  EXPECT_EQ(ending(end, ServerKind::uwsgi), Ending::wanted);
  end.lost.push_back(lost("GET /pay", 30s));
  EXPECT_EQ(ending(end, ServerKind::uwsgi), Ending::timeout);
}

Report with_ends(const std::vector<WorkerEnd> &ends)
{
  Report report = report_of(static_cast<std::uint32_t>(ends.size()), 0.1);
  for (std::size_t i = 0; i < ends.size(); ++i) {
    report.servers[0].workers[i].requests = 5;
    report.servers[0].workers[i].end = ends[i];
  }
  return report;
}

TEST(WorkerTimeoutTest, NamesTheRequestAndWhatItWaitedFor)
{
  WorkerEnd end = by_master(sigabrt, with_status_1);
  end.lost = { lost("GET /pay", 30s) };
  Report report = with_ends({ end });
  report.servers[0].server.timeout_seconds = 30;

  const auto findings = of_rule(diagnose(report, {}), "worker-timeout");
  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.title, "The master ended 1 worker that took too long, serving GET /pay");
  EXPECT_NE(finding.detail.find("sent SIGABRT to 1 of its workers, which had not shown themselves "
                                "for 30 s. Worker 101 had GET /pay open for 30.0 s, 30.0 s of it "
                                "waiting for another service (10.0.0.7:443) at shop/pay.py:12 in "
                                "charge."),
            std::string::npos)
      << finding.detail;
  EXPECT_NE(finding.remedy.find("at shop/pay.py:12 in charge a timeout of its own that is shorter "
                                "than --timeout"),
            std::string::npos)
      << finding.remedy;
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "GET /pay" });
  EXPECT_EQ(finding.workers, std::vector<std::uint32_t>{ 101 });
  EXPECT_EQ(cited(finding, "requests without a response then"), 1);
}

TEST(WorkerTimeoutTest, IsCriticalWhenItGoesOn)
{
  const WorkerEnd end = by_master(sigabrt, with_status_1);
  const auto findings = of_rule(diagnose(with_ends({ end, end, end }), {}), "worker-timeout");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::critical);
  EXPECT_TRUE(findings[0].endpoints.empty());
}

TEST(WorkerCrashTest, TellsAFaultFromASignalThatSomebodySent)
{
  const auto fault =
      of_rule(diagnose(with_ends({ { .wait_status = sigsegv, .lost = {} } }), {}), "worker-crash");
  ASSERT_EQ(fault.size(), 1U);
  EXPECT_EQ(fault[0].title, "A worker was killed by SIGSEGV");
  EXPECT_NE(fault[0].remedy.find("PYTHONFAULTHANDLER"), std::string::npos);

  const WorkerEnd killed{
    .wait_status = sigkill, .signal = sigkill, .sender_tgid = 4711, .lost = {}
  };
  const auto sent = of_rule(diagnose(with_ends({ killed }), {}), "worker-crash");
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_NE(sent[0].remedy.find("Process 4711 sent that signal"), std::string::npos);
}

TEST(WorkerCrashTest, TellsCrashesAndBootFailuresApart)
{
  Report report = with_ends(
      { { .wait_status = sigsegv, .lost = {} }, { .wait_status = with_status_1, .lost = {} } });
  report.servers[0].workers[1].requests = 0;
  const auto findings = of_rule(diagnose(report, {}), "worker-crash");
  ASSERT_EQ(findings.size(), 2U);
  EXPECT_NE(findings[0].id, findings[1].id);
  EXPECT_NE(findings[1].title.find("before serving a request, with status 1"), std::string::npos);
}

TEST(WorkerOutOfMemoryTest, SaysHowMuchItHeldAndWhatItServed)
{
  WorkerEnd end{ .wait_status = sigkill, .signal = sigkill, .out_of_memory = true, .lost = {} };
  end.lost = { lost("POST /upload", 2s) };
  Report report = with_ends({ end });
  report.servers[0].workers[0].memory.high_water_bytes = std::uint64_t{ 512 } << 20U;

  const auto findings = of_rule(diagnose(report, {}), "worker-out-of-memory");
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::critical);
  EXPECT_NE(findings[0].detail.find("512 MiB"), std::string::npos) << findings[0].detail;
  EXPECT_EQ(findings[0].endpoints, std::vector<std::string>{ "POST /upload" });
}

TEST(WorkerEndsTest, AreNoFindingWhereTheyWereWanted)
{
  Report report = with_ends({ by_master(sigterm, 0), { .wait_status = 0, .lost = {} } });
  for (const char *rule : { "worker-timeout", "worker-crash", "worker-out-of-memory" })
    EXPECT_TRUE(of_rule(diagnose(report, {}), rule).empty()) << rule;
}

} // namespace
} // namespace linger::diagnose
