#include "serve/history/minute_sum.h"

#include "serve/convert.h"
#include "serve/history/minute.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;

domain::EndpointReport endpoint(const std::string &route,
                                const std::vector<std::uint64_t> &walls_ns)
{
  domain::EndpointReport made;
  made.server = 100;
  made.method = "GET";
  made.route = route;
  made.requests = walls_ns.size();
  for (const std::uint64_t wall_ns : walls_ns) {
    made.wall_ns.add(wall_ns);
    made.times[domain::Cause::database] += domain::Nanos{ static_cast<std::int64_t>(wall_ns) };
  }
  return made;
}

domain::Report minute_at(domain::Nanos begin)
{
  domain::Report report;
  report.clock = { domain::MonotonicTime{}, domain::WallTime{ 1'700'000'000s } };
  report.window = { domain::MonotonicTime{ begin }, domain::MonotonicTime{ begin + 60s } };
  domain::ServerReport &server = report.servers.emplace_back();
  server.server = { .master_tgid = 100,
                    .app = "shop.app:app",
                    .workers = { { .tgid = 101, .start_ticks = 5, .threads = 1 } } };
  server.workers.resize(1);
  server.workers[0].tgid = 101;
  server.workers[0].requests = 10;
  server.workers[0].utilization = 0.5;
  server.workers[0].memory.growth_bytes = 1000;
  return report;
}

domain::Finding finding(domain::Severity severity, domain::Nanos seen)
{
  domain::Finding made;
  made.id = "slow-query:100:GET /report/{}";
  made.rule = "slow-query";
  made.severity = severity;
  made.detail = severity == domain::Severity::critical ? "Bad." : "So so.";
  made.server = 100;
  made.first_seen = made.last_seen = domain::MonotonicTime{ seen };
  return made;
}

TEST(MinuteSumTest, AddsQuantilesUpAsIfItHadSeenAllOfIt)
{
  std::vector<std::uint64_t> all;
  MinuteSum sum;
  domain::QuantileSketch whole;
  for (int minute = 0; minute < 5; ++minute) {
    std::vector<std::uint64_t> walls;
    for (std::uint64_t i = 1; i <= 100; ++i)
      walls.push_back(i * 1'000'000 * static_cast<std::uint64_t>(minute + 1));
    for (const std::uint64_t wall : walls)
      whole.add(wall);
    domain::Report report = minute_at(minute * 60s);
    report.endpoints = { endpoint("/a", walls) };
    sum.add(to_minute(report));
  }

  const v1::Report report = sum.report();
  ASSERT_EQ(report.endpoints_size(), 1);
  const v1::Quantiles &wall = report.endpoints(0).wall();
  EXPECT_EQ(report.endpoints(0).requests(), 500U);
  EXPECT_EQ(wall.min_ns(), whole.min());
  EXPECT_EQ(wall.p50_ns(), whole.quantile(0.5));
  EXPECT_EQ(wall.p99_ns(), whole.quantile(0.99));
  EXPECT_EQ(wall.max_ns(), whole.max());
  EXPECT_EQ(report.endpoints(0).time().database_ns(), report.endpoints(0).time().wall_ns());
}

TEST(MinuteSumTest, AddsSitesUpAndShowsTheGreatest)
{
  MinuteSum sum;
  for (int minute = 0; minute < 3; ++minute) {
    domain::Report report = minute_at(minute * 60s);
    report.endpoints = { endpoint("/a", { 1'000'000 }) };
    for (int i = 0; i < 20; ++i)
      report.endpoints[0].sites.push_back({ .cause = domain::Cause::database,
                                            .code = "a.py:" + std::to_string(i + 5 * minute),
                                            .waits = 1,
                                            .total = 10ms * (20 - i),
                                            .max = 10ms * (minute + 1),
                                            .requests = 1 });
    sum.add(to_minute(report));
  }

  const v1::Report report = sum.report();
  const auto &sites = report.endpoints(0).sites();
  ASSERT_EQ(sites.size(), 16);
  // In all three minutes: 100 + 150 + 200 ms.
  EXPECT_EQ(sites[0].code(), "a.py:10");
  EXPECT_EQ(sites[0].waits(), 3U);
  EXPECT_EQ(sites[0].total_ns(), 450'000'000U);
  EXPECT_EQ(sites[0].max_ns(), 30'000'000U);
}

TEST(MinuteSumTest, KeepsWorkersThatEndedAndAddsUpThoseThatLive)
{
  MinuteSum sum;
  domain::Report first = minute_at(0s);
  first.servers[0].workers.emplace_back();
  first.servers[0].workers[1].tgid = 102;
  first.servers[0].workers[1].state = domain::WorkerState::exited;
  first.servers[0].workers[1].end = domain::WorkerEnd{ .wait_status = 9 };
  first.servers[0].workers[0].restarts = 1;
  sum.add(to_minute(first));
  domain::Report second = minute_at(60s);
  second.servers[0].workers[0].utilization = 1;
  sum.add(to_minute(second));

  const v1::Report report = sum.report();
  ASSERT_EQ(report.servers_size(), 1);
  ASSERT_EQ(report.servers(0).workers_size(), 2);
  const v1::Worker &lives = report.servers(0).workers(0);
  EXPECT_EQ(lives.requests(), 20U);
  EXPECT_EQ(lives.memory().growth_bytes(), 2000);
  EXPECT_DOUBLE_EQ(lives.utilization(), 0.75);
  EXPECT_EQ(lives.restarts(), 1U);
  const v1::Worker &ended = report.servers(0).workers(1);
  EXPECT_EQ(ended.tgid(), 102U);
  EXPECT_EQ(ended.state(), v1::WORKER_STATE_EXITED);
  EXPECT_EQ(ended.end().wait_status(), 9);
}

TEST(MinuteSumTest, ShowsAFindingOnceAsItWasWorst)
{
  MinuteSum sum;
  for (int minute = 0; minute < 4; ++minute) {
    domain::Report report = minute_at(minute * 60s);
    if (minute != 3)
      report.findings = { finding(minute == 1 ? domain::Severity::critical
                                              : domain::Severity::warning,
                                  minute * 60s + 30s) };
    sum.add(to_minute(report));
  }

  const v1::Report report = sum.report();
  ASSERT_EQ(report.findings_size(), 1);
  EXPECT_EQ(report.findings(0).severity(), v1::SEVERITY_CRITICAL);
  EXPECT_THAT(report.findings(0).detail(), testing::StartsWith("Bad. It held in 3 of 4 looks"));
  EXPECT_EQ(report.findings(0).first_seen().seconds(), 1'700'000'030);
  EXPECT_EQ(report.findings(0).last_seen().seconds(), 1'700'000'150);
}

TEST(MinuteSumTest, WeighsEstimatesOfMemoryByRequests)
{
  MinuteSum sum;
  for (int minute = 0; minute < 2; ++minute) {
    domain::Report report = minute_at(minute * 60s);
    report.endpoints = { endpoint("/a", std::vector<std::uint64_t>(minute == 0 ? 30 : 10, 1000)) };
    report.endpoints[0].memory = { .retained_bytes = 100,
                                   .retained_bytes_per_request = minute == 0 ? 100.0 : 300.0,
                                   .low = minute == 0 ? 60.0 : 180.0,
                                   .high = minute == 0 ? 140.0 : 420.0,
                                   .tier = domain::MemoryTier::growth };
    sum.add(to_minute(report));
  }

  const v1::EndpointMemory memory = sum.report().endpoints(0).memory();
  EXPECT_DOUBLE_EQ(memory.retained_bytes_per_request(), 150);
  // Three quarters of 40 and one of 120, as independent errors add up.
  EXPECT_NEAR(memory.low(), 150 - 42.43, 0.01);
  EXPECT_NEAR(memory.high(), 150 + 42.43, 0.01);
  EXPECT_EQ(memory.retained_bytes(), 200);
}

TEST(MinuteSumTest, TellsOfSomeServersWhereTheyAreNamed)
{
  MinuteSum sum;
  domain::Report report = minute_at(0s);
  report.endpoints = { endpoint("/a", { 1000 }) };
  report.findings = { finding(domain::Severity::warning, 0s) };
  const history::v1::Minute minute = to_minute(report);
  sum.add(minute);
  EXPECT_EQ(sum.report({ 4711 }).servers_size(), 0);

  MinuteSum again;
  again.add(minute);
  const v1::Report chosen = again.report({ 101 }); // a worker
  EXPECT_EQ(chosen.servers_size(), 1);
  EXPECT_EQ(chosen.endpoints_size(), 1);
  EXPECT_EQ(chosen.findings_size(), 1);
}

TEST(MinuteTest, ComesBackAsItWas)
{
  domain::Report report = minute_at(0s);
  report.endpoints = { endpoint("/a", { 0, 1000, 5'000'000 }) };
  const history::v1::Minute minute = to_minute(report);
  const auto back = unpacked(packed(minute));

  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(back->SerializeAsString(), minute.SerializeAsString());
  EXPECT_EQ(wall_of(*back, 0).count(), 3U);
  EXPECT_EQ(wall_of(*back, 0).quantile(0.5), report.endpoints[0].wall_ns.quantile(0.5));
  EXPECT_EQ(wall_of(*back, 1).count(), 0U);
}

TEST(MinuteTest, IsRefusedWhereItIsNone)
{
  const std::string bytes = packed(to_minute(minute_at(0s)));
  EXPECT_FALSE(unpacked("no such thing"));
  ASSERT_TRUE(unpacked(bytes));
  for (std::size_t i = 0; i + 16 < bytes.size(); ++i) // but for its last words and its checksum
    EXPECT_FALSE(unpacked(std::string_view{ bytes }.substr(0, i))) << i;
  std::string changed = bytes;
  changed[bytes.size() / 2] = static_cast<char>(~changed[bytes.size() / 2]);
  EXPECT_FALSE(unpacked(changed));
}

} // namespace
} // namespace linger::serve
