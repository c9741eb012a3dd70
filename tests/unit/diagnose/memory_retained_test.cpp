#include "diagnose/diagnose.h"

#include "unit/diagnose/reports.h"

#include <gtest/gtest.h>

namespace linger::diagnose {
namespace {

using namespace test;
using domain::EndpointMemory;
using domain::Finding;
using domain::Report;
using domain::Severity;

constexpr double kib = 1024;

EndpointMemory keeping(double per_request, std::uint64_t requests)
{
  const double total = per_request * static_cast<double>(requests);
  return { .allocated_bytes = static_cast<std::uint64_t>(total),
           .retained_bytes = static_cast<std::int64_t>(total),
           .retained_bytes_per_request = per_request,
           .low = per_request * 0.9,
           .high = per_request * 1.1,
           .late_low = per_request * 0.8,
           .late_high = per_request * 1.2,
           .tier = domain::MemoryTier::growth };
}

Report report_with(const EndpointMemory &memory, std::uint64_t requests)
{
  Report report = report_of(2, 0.1);
  add_endpoint(report, "/report/{}", requests, { { Cause::on_cpu, 1ms } }).memory = memory;
  return report;
}

std::vector<Finding> retained(const Report &report)
{
  return of_rule(diagnose(report, {}), "memory-retained");
}

TEST(MemoryRetainedTest, SaysHowMuchIsKeptAndWhatStopsIt)
{
  Report report = report_with(keeping(28 * kib, 100), 100);
  add_endpoint(report, "/health", 100, { { Cause::on_cpu, 1ms } }).memory = keeping(0, 100);

  const auto findings = retained(report);
  ASSERT_EQ(findings.size(), 1U);
  const Finding &finding = findings[0];
  EXPECT_EQ(finding.id, "memory-retained:100:GET /report/{}");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_NE(finding.title.find("28.0 KiB"), std::string::npos);
  // 2800 KiB in 10 s.
  EXPECT_NEAR(cited(finding, "retained per hour at this rate"), 2800 * kib * 360, kib);
  // 256 MiB / 14 KiB a request of any kind = 18,724.
  EXPECT_NE(finding.remedy.find("--max-requests 16200 --max-requests-jitter 1800"),
            std::string::npos)
      << finding.remedy;
}

TEST(MemoryRetainedTest, IsCriticalAtMoreThanAGibibyteAnHour)
{
  const auto findings = retained(report_with(keeping(100 * kib, 1000), 1000));

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].severity, Severity::critical);
}

TEST(MemoryRetainedTest, LeavesAMaxRequestsAloneThatIsLowEnough)
{
  Report report = report_with(keeping(28 * kib, 100), 100);
  report.servers[0].server.max_requests = 1000;

  ASSERT_EQ(retained(report).size(), 1U);
  EXPECT_NE(retained(report)[0].remedy.find("--max-requests 1000 as it is"), std::string::npos);
}

TEST(MemoryRetainedTest, AdvisesOnlyOptionsThatTheServerHas)
{
  Report report = report_with(keeping(28 * kib, 100), 100);
  report.servers[0].server.kind = domain::ServerKind::uwsgi;
  ASSERT_EQ(retained(report).size(), 1U);
  EXPECT_NE(retained(report)[0].remedy.find("Until then, --max-requests"), std::string::npos);
  EXPECT_EQ(retained(report)[0].remedy.find("jitter"), std::string::npos);

  report.servers[0].server.kind = domain::ServerKind::waitress;
  EXPECT_EQ(retained(report)[0].remedy.find("Until then"), std::string::npos);
}

TEST(MemoryRetainedTest, AdvisesALimitEvenWhenOneRequestIsTooMuch)
{
  const auto findings = retained(report_with(keeping(600 * kib * kib, 10), 10));

  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].remedy.find("--max-requests 1 "), std::string::npos);
}

TEST(MemoryRetainedTest, NamesWhatTheHeapShowed)
{
  Report report = report_with(keeping(28 * kib, 100), 100);
  EXPECT_NE(retained(report)[0].remedy.find("--memory census"), std::string::npos);
  report.servers[0].workers[0].heap_growth =
      domain::HeapGrowth{ .tgid = 1, .between = 9s, .types = { { "str", 12, 2000, {} } } };
  report.servers[0].workers[1].heap_growth = domain::HeapGrowth{
    .tgid = 102,
    .between = 9s,
    .types = { { "dict", 80, 90'000, {} },
               { "shop.Quote", 50, 4096, { { "`shop.KEPT` (list) -> shop.Quote", 48 } } } }
  };

  const auto findings = retained(report);
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].workers, std::vector{ report.servers[0].workers[1].tgid });
  EXPECT_NE(findings[0].detail.find("80 dict (87.9 KiB), 50 shop.Quote (4.00 KiB)."),
            std::string::npos)
      << findings[0].detail;
  EXPECT_NE(findings[0].detail.find("48 more shop.Quote were held by `shop.KEPT` (list)"),
            std::string::npos)
      << findings[0].detail;
  EXPECT_TRUE(findings[0].remedy.starts_with("Look at `shop.KEPT` (list) -> shop.Quote:"))
      << findings[0].remedy;
}

TEST(MemoryRetainedTest, LooksInGeneralWhereTheHeapShowedNoHolder)
{
  Report report = report_with(keeping(28 * kib, 100), 100);
  report.servers[0].workers[0].heap_growth = domain::HeapGrowth{ .tgid = 1, .gap = "it is gone" };
  ASSERT_EQ(retained(report).size(), 1U);
  EXPECT_TRUE(retained(report)[0].remedy.starts_with("Look in what GET /report/{} calls"));
  EXPECT_TRUE(retained(report)[0].workers.empty());
  EXPECT_EQ(retained(report)[0].remedy.find("--memory census"), std::string::npos);

  report.servers[0].workers[0].heap_growth =
      domain::HeapGrowth{ .tgid = 1, .between = 9s, .types = { { "str", 12, 2000, {} } } };
  EXPECT_TRUE(retained(report)[0].remedy.starts_with("Look in what GET /report/{} calls"));
  EXPECT_NE(retained(report)[0].detail.find("12 str (1.95 KiB)."), std::string::npos);
}

TEST(MemoryRetainedTest, IsSilentWhenTheBoundsReachZero)
{
  EndpointMemory memory = keeping(28 * kib, 1000);
  memory.low = -1;

  EXPECT_TRUE(retained(report_with(memory, 1000)).empty());
}

TEST(MemoryRetainedTest, IsSilentAboutGrowthThatEnded)
{
  EndpointMemory memory = keeping(28 * kib, 1000);
  memory.late_low = -3 * kib;
  memory.late_high = 2 * kib;

  EXPECT_TRUE(retained(report_with(memory, 1000)).empty());
}

TEST(MemoryRetainedTest, IsSilentAboutAFewBytes)
{
  EXPECT_TRUE(retained(report_with(keeping(255, 1'000'000), 1'000'000)).empty());
  EXPECT_TRUE(retained(report_with(keeping(1000, 100), 100)).empty()); // 98 KiB in all
}

TEST(MemoryRetainedTest, NamesTheLinesThatAllocateWhatIsKept)
{
  EndpointMemory memory = keeping(28 * kib, 1000);
  memory.tier = domain::MemoryTier::allocations;
  memory.sites = { { "shop/views.py:12 in render", 20 << 20, 1000 },
                   { "shop/views.py:40 in log", 7 << 20, 1000 } };

  const auto findings = retained(report_with(memory, 1000));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_NE(findings[0].detail.find("1000 requests in 10.0 s allocated about 27.3 MiB that was not "
                                    "freed once they had settled"),
            std::string::npos)
      << findings[0].detail;
  EXPECT_NE(findings[0].detail.find("Of what is not freed was allocated: 20.0 MiB at "
                                    "shop/views.py:12 in render, 7.00 MiB at "
                                    "shop/views.py:40 in log."),
            std::string::npos)
      << findings[0].detail;
  EXPECT_TRUE(findings[0].remedy.starts_with("Look at shop/views.py:12 in render:"))
      << findings[0].remedy;
}

TEST(MemoryRetainedTest, IsSilentAboutWhatItsRequestsDidNotTake)
{
  EndpointMemory memory = keeping(28 * kib, 1000);
  memory.allocated_bytes = 10 * 4096;

  Report report = report_with(memory, 1000);
  EXPECT_TRUE(retained(report).empty());

  // It took blocks that others had freed, and then these needed new pages.
  report.endpoints.front().memory.allocated_bytes = 4 * 1024 * 1000;
  EXPECT_EQ(retained(report).size(), 1U);
  report.endpoints.front().memory.allocated_bytes = 10 * 4096;

  // More than a page a fault: all workers grew by more than all requests took.
  report.servers.front().workers.front().memory.growth_bytes = 28 * 1024 * 1000;
  EXPECT_EQ(retained(report).size(), 1U);
}

TEST(MemoryRetainedTest, IsSureOfSmallObjectsBeforeItIsOfTheRest)
{
  EndpointMemory memory = keeping(2 * kib, 1000);
  memory.low = -10 * kib;
  memory.high = 14 * kib;
  memory.small_objects = {
    .per_request = 1200, .low = 1100, .high = 1300, .late_low = 1000, .late_high = 1400
  };
  const auto findings = retained(report_with(memory, 1000));
  ASSERT_EQ(findings.size(), 1U);
  EXPECT_EQ(findings[0].title, "GET /report/{} keeps at least 1.17 KiB of memory per request");
  EXPECT_EQ(cited(findings[0], "retained per request, low"), 1100);
  EXPECT_EQ(cited(findings[0], "retained in the window"), 1200 * 1000);

  // Below a mebibyte it may be a cache that fills.
  EXPECT_TRUE(retained(report_with(memory, 100)).empty());
  EndpointMemory filled = memory;
  filled.small_objects->late_low = -100;
  EXPECT_TRUE(retained(report_with(filled, 1000)).empty());
  EndpointMemory little = memory;
  little.small_objects = {
    .per_request = 200, .low = 190, .high = 210, .late_low = 190, .late_high = 210
  };
  EXPECT_TRUE(retained(report_with(little, 100'000)).empty());

  // What is sure of all memory tells more.
  EndpointMemory all = keeping(2 * kib, 1000);
  all.small_objects = memory.small_objects;
  EXPECT_EQ(retained(report_with(all, 1000))[0].title,
            "GET /report/{} keeps 2.00 KiB of memory per request");
}

TEST(MemoryRetainedTest, IsSilentAboutWhatWasNotMeasured)
{
  EndpointMemory memory = keeping(28 * kib, 1000);
  memory.tier = domain::MemoryTier::none;

  EXPECT_TRUE(retained(report_with(memory, 1000)).empty());
}

TEST(MemoryRetainedTest, SaysWhenTheControlGroupWillBeFull)
{
  // 2800 KiB in 10 s are 984 MiB an hour.
  Report report = report_with(keeping(28 * kib, 100), 100);
  const auto limit = [&report](std::uint64_t bytes) {
    for (domain::WorkerReport &worker : report.servers[0].workers)
      worker.memory.limit = domain::MemoryLimit{ "/kubepods/web", bytes, 512ULL << 20U };
  };
  limit(4096ULL << 20U);
  const Finding roomy = retained(report).at(0);
  EXPECT_EQ(roomy.severity, Severity::warning);
  EXPECT_NE(roomy.detail.find("/kubepods/web may have 4.00 GiB and has 512 MiB: at the server's "
                              "rate it is full in 3.6 hours"),
            std::string::npos)
      << roomy.detail;
  EXPECT_EQ(cited(roomy, "the control group's limit"), 4096 * kib * kib);

  limit(1024ULL << 20U);
  const Finding tight = retained(report).at(0);
  EXPECT_EQ(tight.severity, Severity::critical);
  EXPECT_NE(tight.detail.find("full in 31 minutes"), std::string::npos) << tight.detail;

  limit(500ULL << 20U);
  EXPECT_NE(retained(report).at(0).detail.find("full in 0 minutes"), std::string::npos);
}

TEST(MemoryRetainedTest, SaysNothingOfGroupsThatDiffer)
{
  Report report = report_with(keeping(28 * kib, 100), 100);
  report.servers[0].workers[0].memory.limit = domain::MemoryLimit{ "/a", 1ULL << 30U, 1 };
  EXPECT_EQ(retained(report).at(0).detail.find("control group"), std::string::npos);
  report.servers[0].workers[1].memory.limit = domain::MemoryLimit{ "/b", 1ULL << 30U, 1 };
  EXPECT_EQ(retained(report).at(0).detail.find("control group"), std::string::npos);
}

} // namespace
} // namespace linger::diagnose
