#include "diagnose/what_if.h"

#include "diagnose/advice.h"
#include "diagnose/diagnose.h"
#include "unit/diagnose/loads.h"
#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::Prediction;
using domain::Report;
using domain::WhatIf;

/// A server of sync workers that served `load` in 10 s on a host of `cpus`.
Report report_with(std::uint32_t workers, std::vector<LoadRequest> load, double cpus = 2)
{
  Report report = report_of(workers, 1.0);
  report.coverage.host_cpu = Nanos{ static_cast<Nanos::rep>(cpus * 10e9) };
  Nanos queued{};
  for (const LoadRequest &request : load)
    queued += request.queued;
  const auto requests = static_cast<Nanos::rep>(load.size());
  add_endpoint(report, "/nap/{}", load.size(),
               { { Cause::sleep, load.front().waited },
                 { Cause::on_cpu, load.front().on_cpu },
                 { Cause::accept_queue, queued / requests } });
  for (domain::WorkerReport &worker : report.servers[0].workers)
    worker.memory.resident_bytes = 50'000'000;
  report.servers[0].load = std::move(load);
  return report;
}

std::optional<WhatIf> judged(Report report)
{
  judge(report, {});
  return report.servers[0].what_if;
}

const Prediction *of_class(const WhatIf &what_if, const std::string &worker_class)
{
  const auto found =
      std::ranges::find(what_if.alternatives, worker_class,
                        [](const Prediction &one) { return one.setting.worker_class; });
  return found == what_if.alternatives.end() ? nullptr : &*found;
}

TEST(WhatIfTest, GivesEachClientOfAClosedLoadAThread)
{
  // 12 clients, 2 workers, 100 ms: 20 requests a second, of which each waits 500 ms.
  const auto what_if = judged(report_with(2, closed_load(12, 2, 100ms, 400)));

  ASSERT_TRUE(what_if);
  EXPECT_TRUE(what_if->closed);
  EXPECT_EQ(what_if->clients, 12U);
  EXPECT_NEAR(what_if->measured.requests_per_second, 20, 0.2);
  EXPECT_NEAR(what_if->present.performance.requests_per_second, 20, 0.2);
  const Prediction *advised = advised_in(what_if);
  ASSERT_NE(advised, nullptr);
  EXPECT_EQ(advised->setting.worker_class, "gthread");
  EXPECT_EQ(advised->setting.workers, 2U);
  EXPECT_GE(advised->setting.threads, 6U);
  EXPECT_NEAR(advised->performance.requests_per_second, 120, 6); // 12 clients / 100 ms
  EXPECT_EQ(advised->resident_bytes, 100'000'000U);
  const Prediction *processes = of_class(*what_if, "sync");
  ASSERT_NE(processes, nullptr);
  EXPECT_EQ(processes->setting.workers, 12U);
  EXPECT_EQ(processes->setting.threads, 1U);
  EXPECT_EQ(processes->resident_bytes, 600'000'000U);
  EXPECT_NEAR(processes->performance.requests_per_second, 120, 6);
}

TEST(WhatIfTest, GivesAnOpenLoadNoMoreThanItNeeds)
{
  const auto what_if = judged(report_with(2, open_load(2, 100ms, 52ms, 2000)));

  ASSERT_TRUE(what_if);
  EXPECT_FALSE(what_if->closed);
  const Prediction *processes = of_class(*what_if, "sync");
  ASSERT_NE(processes, nullptr);
  // 1.92 busy on average: a load without memory needs a few more to hardly ever queue.
  EXPECT_GE(processes->setting.workers, 4U);
  EXPECT_LE(processes->setting.workers, 8U);
  EXPECT_LE(processes->performance.queue_p95, 15ms);
  EXPECT_NEAR(processes->performance.requests_per_second, what_if->measured.requests_per_second,
              0.5);
}

TEST(WhatIfTest, AdvisesProcessesWhereRequestsCompute)
{
  std::vector<LoadRequest> load = closed_load(6, 1, 50ms, 300);
  for (LoadRequest &request : load) {
    request.on_cpu = 48ms;
    request.waited = 2ms;
  }
  const auto what_if = judged(report_with(1, load, 4));

  ASSERT_TRUE(what_if);
  const Prediction *advised = advised_in(what_if);
  ASSERT_NE(advised, nullptr);
  EXPECT_EQ(advised->setting.workers, 4U); // threads of one process compute one at a time
  EXPECT_EQ(advised->setting.threads, 1U); // and more would only wait for a CPU
  EXPECT_NEAR(advised->performance.requests_per_second, 4 / 0.048, 5);
}

TEST(WhatIfTest, LeavesOthersTheCpusThatTheyUse)
{
  // One worker computes 50 ms a request; it has a CPU of its own.
  const LoadRequest computing = closed_load(8, 1, 50ms, 200).front();
  std::vector<LoadRequest> load = closed_load(8, 1, 50ms, 200);
  for (LoadRequest &request : load) {
    request.on_cpu = computing.on_cpu + computing.waited;
    request.waited = {};
  }
  Report quiet = report_with(1, load, 4);
  Report shared = quiet;
  shared.coverage.host_busy = 35s; // 10 s of them are the server's own: 1.5 CPUs are left

  const auto alone = judged(quiet);
  const auto beside = judged(shared);
  ASSERT_TRUE(alone);
  ASSERT_TRUE(beside);
  EXPECT_DOUBLE_EQ(alone->cpus, 4);
  EXPECT_NEAR(beside->cpus, 1.5, 0.01);
}

TEST(WhatIfTest, OffersNoThreadsToRequestsThatWaitForLocks)
{
  std::vector<LoadRequest> load = closed_load(12, 2, 100ms, 400);
  Report report = report_with(2, load);
  report.endpoints[0].times[Cause::lock] = report.endpoints[0].times[Cause::sleep];
  const auto what_if = judged(report);

  ASSERT_TRUE(what_if);
  for (const Prediction &one : what_if->alternatives)
    EXPECT_EQ(one.setting.threads, 1U);
}

TEST(WhatIfTest, RaisesTheThreadsOfAThreadedServer)
{
  Report report = report_with(2, closed_load(24, 4, 100ms, 600));
  report.servers[0].server.worker_class = "gthread";
  report.servers[0].server.threads_per_worker = 2;
  const auto what_if = judged(report);

  ASSERT_TRUE(what_if);
  const Prediction *advised = advised_in(what_if);
  ASSERT_NE(advised, nullptr);
  EXPECT_EQ(advised->setting.workers, 2U);
  EXPECT_GE(advised->setting.threads, 12U);
  EXPECT_LE(advised->setting.threads, 24U);
}

TEST(WhatIfTest, OffersGreenletsWithoutAdvisingThem)
{
  const auto what_if = judged(report_with(2, closed_load(12, 2, 100ms, 400)));
  ASSERT_TRUE(what_if);
  const Prediction *greenlets = of_class(*what_if, "gevent");
  ASSERT_NE(greenlets, nullptr);
  EXPECT_FALSE(greenlets->advised);
  EXPECT_NEAR(greenlets->performance.requests_per_second, 120, 6);
}

TEST(WhatIfTest, OffersNoMoreWorkersThanThereIsMemoryFor)
{
  Report report = report_with(2, closed_load(12, 2, 100ms, 400));
  report.coverage.host_available_bytes = 400'000'000; // half of it: four more of 50 MB
  const auto what_if = judged(report);
  ASSERT_TRUE(what_if);
  const Prediction *processes = of_class(*what_if, "sync");
  ASSERT_NE(processes, nullptr);
  EXPECT_EQ(processes->setting.workers, 6U);
  EXPECT_NEAR(processes->performance.requests_per_second, 60, 1);

  report.coverage.host_available_bytes = 40'000'000; // of none
  EXPECT_EQ(of_class(*judged(report), "sync"), nullptr);
}

TEST(WhatIfTest, SaysNothingWhereTheModelDoesNotFit)
{
  // Twice the workers that the requests were really served by.
  EXPECT_FALSE(judged(report_with(4, closed_load(12, 2, 100ms, 400))));
}

TEST(WhatIfTest, SaysNothingWithoutCpusRequestsOrAQueue)
{
  EXPECT_FALSE(judged(report_with(2, closed_load(12, 2, 100ms, 400), 0)));
  Report few = report_with(2, closed_load(12, 2, 100ms, 40));
  EXPECT_FALSE(judged(few));
  Report idle = report_with(2, open_load(2, 100ms, 500ms, 100));
  for (domain::WorkerReport &worker : idle.servers[0].workers)
    worker.utilization = 0.1;
  EXPECT_FALSE(judged(idle));
}

TEST(WhatIfTest, StandsInTheRemedy)
{
  Report report = report_with(2, closed_load(12, 2, 100ms, 400));
  judge(report, {});
  const auto findings = of_rule(report.findings, "workers-saturated");

  ASSERT_EQ(findings.size(), 1U);
  const Prediction *advised = advised_in(report.servers[0].what_if);
  ASSERT_NE(advised, nullptr);
  const std::string options = options_for(domain::ServerKind::gunicorn, advised->setting);
  EXPECT_NE(findings[0].remedy.find("tart it with " + options), std::string::npos)
      << findings[0].remedy;
  EXPECT_NE(findings[0].remedy.find("12 clients"), std::string::npos) << findings[0].remedy;
  EXPECT_NE(findings[0].remedy.find("--workers 12 would do, at the price of 572 MiB"),
            std::string::npos)
      << findings[0].remedy;
  EXPECT_NEAR(cited(findings[0], "throughput predicted with " + options), 120, 6);
}

} // namespace
} // namespace linger::diagnose
