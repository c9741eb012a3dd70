#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Finding;
using domain::Report;
using domain::ThreadReport;

std::vector<Finding> dead(const Report &report, const Thresholds &thresholds = {})
{
  return of_rule(diagnose(report, thresholds), "deadlock");
}

ThreadReport stuck(std::uint32_t tid, std::uint64_t lock, const std::string &code,
                   domain::Nanos since = 12s)
{
  return { .tid = tid,
           .cause = Cause::lock,
           .since = since,
           .endpoint = "POST /transfer/{}",
           .open = since + 1s,
           .lock = lock,
           .code = code };
}

Report with(std::vector<ThreadReport> threads)
{
  Report report = report_of(2, 0.5);
  report.servers[0].server.worker_class = "gthread";
  report.servers[0].server.threads_per_worker = 4;
  report.servers[0].workers[0].busy_threads = std::move(threads);
  return report;
}

const std::vector<ThreadReport> both{ stuck(7, 0x1000, "bank.py:10 in debit", 13s),
                                      stuck(8, 0x2000, "bank.py:20 in credit") };

std::vector<ThreadReport> both_and(ThreadReport other)
{
  std::vector<ThreadReport> threads = both;
  threads.push_back(std::move(other));
  return threads;
}

TEST(DeadlockTest, NamesTheThreadsAndTheirLines)
{
  const auto findings = dead(with(both));

  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.severity, domain::Severity::critical);
  EXPECT_EQ(finding.workers, std::vector<std::uint32_t>{ 101 });
  EXPECT_EQ(finding.endpoints, std::vector<std::string>{ "POST /transfer/{}" });
  EXPECT_EQ(cited(finding, "worker 101, thread 7: POST /transfer/{} waits at bank.py:10 in debit"),
            13e9);
  EXPECT_EQ(cited(finding, "worker 101, thread 8: POST /transfer/{} waits at bank.py:20 in credit"),
            12e9);
  EXPECT_NE(finding.detail.find("2 different locks"), std::string::npos);
}

TEST(DeadlockTest, SpeaksOfALockThatItsOwnThreadWaitsFor)
{
  const auto findings = dead(with({ stuck(7, 0x1000, "bank.py:10 in debit") }));

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].detail.find("holds itself"), std::string::npos);
}

TEST(DeadlockTest, IsSilentWhileSomebodyMayHoldTheLock)
{
  // A request that began before, whatever it waits for now.
  EXPECT_TRUE(dead(with(both_and({ .tid = 9,
                                   .cause = Cause::database,
                                   .since = 1s,
                                   .endpoint = "GET /report",
                                   .open = 14s })))
                  .empty());
  // A thread of the application's own.
  EXPECT_TRUE(dead(with(both_and({ .tid = 9, .cause = Cause::upstream, .since = 10ms }))).empty());
  EXPECT_TRUE(dead(with(both_and({ .tid = 9, .cause = Cause::sleep, .since = 60s }))).empty());
}

TEST(DeadlockTest, SpeaksWhereTheOthersCannotHoldIt)
{
  EXPECT_EQ(dead(with(both_and({ .tid = 9,
                                 .cause = Cause::database,
                                 .since = 1s,
                                 .endpoint = "GET /report",
                                 .open = 2s })))
                .size(),
            1U)
      << "a request that began later";
  EXPECT_EQ(dead(with(both_and({ .tid = 9, .cause = Cause::sleep, .since = 1s }))).size(), 1U)
      << "a thread that does something now and then";
}

TEST(DeadlockTest, IsSilentAboutOtherWaits)
{
  ThreadReport short_wait = stuck(7, 0x1000, "a.py:1 in f", 9s);
  EXPECT_TRUE(dead(with({ short_wait })).empty());
  EXPECT_EQ(dead(with({ short_wait }), { .deadlock_min_wait_ns = 9'000'000'000 }).size(), 1U);

  ThreadReport event = stuck(7, 0x1000, "a.py:1 in f");
  event.for_event = true;
  EXPECT_TRUE(dead(with({ event })).empty());

  ThreadReport shared = stuck(7, 0x1000, "a.py:1 in f");
  shared.lock_shared = true;
  EXPECT_TRUE(dead(with({ shared })).empty());

  ThreadReport answered = stuck(7, 0x1000, "a.py:1 in f");
  answered.response_begun = true;
  EXPECT_TRUE(dead(with({ answered })).empty());

  ThreadReport unknown = stuck(7, 0x1000, "");
  EXPECT_TRUE(dead(with({ unknown })).empty());

  ThreadReport background = stuck(7, 0x1000, "a.py:1 in f");
  background.endpoint.clear();
  EXPECT_TRUE(dead(with({ background })).empty());
}

TEST(DeadlockTest, IsSilentAboutWorkersThatAreGoneAndEventLoops)
{
  Report gone = with(both);
  gone.servers[0].workers[0].state = domain::WorkerState::exited;
  EXPECT_TRUE(dead(gone).empty());

  Report loop = with(both);
  loop.servers[0].server.worker_class = "gevent";
  EXPECT_TRUE(dead(loop).empty());
}

} // namespace
} // namespace linger::diagnose
