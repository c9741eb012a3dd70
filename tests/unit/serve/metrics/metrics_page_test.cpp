#include "serve/metrics/metrics_page.h"

#include "serve/metrics/exposition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using testing::HasSubstr;
using testing::Not;

domain::Report one_server()
{
  domain::Report report;
  domain::ServerReport &server = report.servers.emplace_back();
  server.server.master_tgid = 100;
  server.server.app = "shop.app:app";
  server.server.worker_class = "sync";
  server.listen_queues = { { .address = "127.0.0.1:8000", .length = 3, .limit = 2048 } };
  domain::WorkerReport &worker = server.workers.emplace_back();
  worker.tgid = 101;
  worker.state = domain::WorkerState::blocked;
  worker.requests = 2;
  worker.memory.anonymous_bytes = 4096;
  worker.connections = { { .peer = { .cause = domain::Cause::database }, .open = 2 },
                         { .peer = { .cause = domain::Cause::database }, .open = 1 } };

  domain::EndpointReport &endpoint = report.endpoints.emplace_back();
  endpoint.server = 100;
  endpoint.method = "GET";
  endpoint.route = "/report/{}";
  endpoint.requests = 2;
  endpoint.errors = 1;
  endpoint.wall_ns.add(4'000'000);
  endpoint.wall_ns.add(80'000'000);
  endpoint.times[domain::Cause::on_cpu] = domain::Nanos{ 4'000'000 };
  endpoint.times[domain::Cause::database] = domain::Nanos{ 80'000'000 };
  return report;
}

std::string page_of(const domain::Report &report, const std::vector<domain::Finding> &findings = {})
{
  Exposition text{ Exposition::Format::open_metrics };
  MetricsPage{ 10 }.tell(report, findings, text);
  return text.finish();
}

constexpr const char *endpoint_labels = "app=\"shop.app:app\",master_tgid=\"100\","
                                        "http_request_method=\"GET\",http_route=\"/report/{}\"";

TEST(MetricsPageTest, TellsWallTimeByEndpoint)
{
  const std::string page = page_of(one_server());
  const std::string labels = endpoint_labels;

  EXPECT_THAT(page, HasSubstr("duration_seconds_bucket{" + labels + ",le=\"0.005\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("duration_seconds_bucket{" + labels + ",le=\"0.075\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("duration_seconds_bucket{" + labels + ",le=\"0.1\"} 2\n"));
  EXPECT_THAT(page, HasSubstr("duration_seconds_count{" + labels + "} 2\n"));
  EXPECT_THAT(page, HasSubstr("duration_seconds_sum{" + labels + "} 0.084\n"));
}

TEST(MetricsPageTest, TellsTheCausesThatTookTime)
{
  const std::string page = page_of(one_server());
  const std::string labels = endpoint_labels;

  EXPECT_THAT(page,
              HasSubstr("endpoint_time_seconds_total{" + labels + ",cause=\"database\"} 0.08"));
  EXPECT_THAT(page, Not(HasSubstr(labels + ",cause=\"cache\"")));
  EXPECT_THAT(page, HasSubstr("endpoint_errors_total{" + labels + "} 1\n"));
}

TEST(MetricsPageTest, TellsMemoryOnlyWhereItWasEstimated)
{
  domain::Report report = one_server();
  EXPECT_THAT(page_of(report), Not(HasSubstr("retained_bytes{")));

  report.endpoints[0].memory = { .retained_bytes_per_request = 2048,
                                 .low = 1024,
                                 .high = 4096,
                                 .tier = domain::MemoryTier::growth };
  const std::string labels = endpoint_labels;
  EXPECT_THAT(page_of(report), HasSubstr("retained_bytes{" + labels + ",bound=\"low\"} 1024\n"));
}

TEST(MetricsPageTest, TellsWorkersAndServers)
{
  const std::string page = page_of(one_server());
  const std::string worker = "{app=\"shop.app:app\",master_tgid=\"100\",worker_tgid=\"101\"";

  EXPECT_THAT(page, HasSubstr("linger_worker_requests_total" + worker + "} 2\n"));
  EXPECT_THAT(page, HasSubstr("linger_worker_state" + worker + ",state=\"blocked\"} 1\n"));
  EXPECT_THAT(page, HasSubstr("linger_worker_connections" + worker + ",cause=\"database\"} 3\n"));
  EXPECT_THAT(page, HasSubstr("linger_server_info{app=\"shop.app:app\",master_tgid=\"100\","
                              "kind=\"gunicorn\",worker_class=\"sync\""));
  EXPECT_THAT(page, HasSubstr("linger_listen_queue_length{app=\"shop.app:app\",master_tgid=\"100\","
                              "listen=\"127.0.0.1:8000\"} 3\n"));
}

TEST(MetricsPageTest, TellsAFindingOnce)
{
  domain::Finding finding;
  finding.rule = "slow-query";
  finding.severity = domain::Severity::warning;
  finding.server = 100;
  finding.endpoints = { "GET /a\xff" };
  const std::string page = page_of(one_server(), { finding, finding });

  const std::string line =
      "linger_findings{app=\"shop.app:app\",master_tgid=\"100\","
      "rule=\"slow-query\",severity=\"warning\",endpoint=\"GET /a\\\\xff\"} 1\n";
  const std::size_t at = page.find(line);
  ASSERT_NE(at, std::string::npos) << page;
  EXPECT_EQ(page.find(line, at + 1), std::string::npos);
}

} // namespace
} // namespace linger::serve
