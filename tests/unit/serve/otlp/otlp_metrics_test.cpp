#include "serve/otlp/otlp_metrics.h"

#include "serve/metrics/metrics_page.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;
namespace metrics = opentelemetry::proto::metrics::v1;

domain::Report one_server()
{
  domain::Report report;
  report.clock = { domain::MonotonicTime{ 1000s }, domain::WallTime{ 1'700'000'000s } };
  report.window = { domain::MonotonicTime{ 900s }, domain::MonotonicTime{ 1000s } };
  domain::ServerReport &server = report.servers.emplace_back();
  server.server.master_tgid = 100;
  server.server.app = "shop.app:app";
  domain::WorkerReport &worker = server.workers.emplace_back();
  worker.tgid = 101;
  worker.memory.anonymous_bytes = 4096;
  domain::EndpointReport &endpoint = report.endpoints.emplace_back();
  endpoint.server = 100;
  endpoint.method = "GET";
  endpoint.route = "/report/{}";
  endpoint.errors = 1;
  endpoint.wall_ns.add(4'000'000);
  endpoint.wall_ns.add(80'000'000);
  endpoint.wall_ns.add(20'000'000'000);
  endpoint.times[domain::Cause::database] = 20'084ms;
  return report;
}

OtlpMetrics::Message message_of(const domain::Report &report)
{
  OtlpMetrics sink{ report, { .version = "1", .host_name = "host" } };
  MetricsPage{ 10 }.tell(report, {}, sink);
  return sink.finish();
}

const metrics::Metric *found(const metrics::ResourceMetrics &resource, const std::string &name)
{
  for (const metrics::Metric &metric : resource.scope_metrics(0).metrics()) {
    if (metric.name() == name)
      return &metric;
  }
  return nullptr;
}

TEST(OtlpMetricsTest, HasOneResourceForTheAgentAndOneForEachServer)
{
  const OtlpMetrics::Message message = message_of(one_server());

  ASSERT_EQ(message.resource_metrics_size(), 2);
  EXPECT_NE(found(message.resource_metrics(0), "linger.agent.requests.seen"), nullptr);
  EXPECT_EQ(found(message.resource_metrics(0), "http.server.request.duration"), nullptr);
  EXPECT_NE(found(message.resource_metrics(1), "http.server.request.duration"), nullptr);
  EXPECT_EQ(found(message.resource_metrics(1), "linger.server"), nullptr); // in the resource
}

TEST(OtlpMetricsTest, HasHistogramsWhoseBucketsAddUp)
{
  const OtlpMetrics::Message message = message_of(one_server());
  const metrics::Metric *metric =
      found(message.resource_metrics(1), "http.server.request.duration");

  ASSERT_NE(metric, nullptr);
  EXPECT_EQ(metric->unit(), "s");
  EXPECT_EQ(metric->histogram().aggregation_temporality(),
            metrics::AGGREGATION_TEMPORALITY_CUMULATIVE);
  const metrics::HistogramDataPoint &point = metric->histogram().data_points(0);
  EXPECT_EQ(point.count(), 3U);
  EXPECT_DOUBLE_EQ(point.sum(), 20.084);
  ASSERT_EQ(point.bucket_counts_size(), point.explicit_bounds_size() + 1);
  EXPECT_EQ(point.bucket_counts(0), 1U);                              // up to 5 ms
  EXPECT_EQ(point.bucket_counts(5), 1U);                              // 75 to 100 ms
  EXPECT_EQ(point.bucket_counts(point.bucket_counts_size() - 1), 1U); // above 10 s
  EXPECT_EQ(point.start_time_unix_nano(), 1'699'999'900'000'000'000U);
  EXPECT_EQ(point.time_unix_nano(), 1'700'000'000'000'000'000U);
  ASSERT_EQ(point.attributes_size(), 2);
  EXPECT_EQ(point.attributes(0).key(), "http.request.method");
  EXPECT_EQ(point.attributes(1).value().string_value(), "/report/{}");
}

TEST(OtlpMetricsTest, NamesTracesBesideTheHistogram)
{
  domain::Report report = one_server();
  report.endpoints[0].exemplars = { { .trace = { .trace_id = { 7 }, .span_id = { 8 }, .flags = 1 },
                                      .wall = domain::Nanos{ 80'000'000 },
                                      .time = report.window.end } };
  const OtlpMetrics::Message message = message_of(report);
  const metrics::Metric *metric =
      found(message.resource_metrics(1), "http.server.request.duration");
  ASSERT_NE(metric, nullptr);
  ASSERT_EQ(metric->histogram().data_points(0).exemplars_size(), 1);
  const metrics::Exemplar &exemplar = metric->histogram().data_points(0).exemplars(0);
  EXPECT_EQ(exemplar.trace_id(), std::string("\7", 1) + std::string(15, '\0'));
  EXPECT_DOUBLE_EQ(exemplar.as_double(), 0.08);
  EXPECT_EQ(exemplar.time_unix_nano(), 1'700'000'000'000'000'000U);
}

TEST(OtlpMetricsTest, CountsSinceTheAgentStartedAndReadsTheRestNow)
{
  const OtlpMetrics::Message message = message_of(one_server());
  const metrics::Metric *errors = found(message.resource_metrics(1), "linger.endpoint.errors");
  ASSERT_NE(errors, nullptr);
  EXPECT_TRUE(errors->sum().is_monotonic());
  EXPECT_EQ(errors->sum().data_points(0).as_int(), 1);
  EXPECT_NE(errors->sum().data_points(0).start_time_unix_nano(), 0U);

  const metrics::Metric *memory =
      found(message.resource_metrics(1), "linger.worker.resident_memory");
  ASSERT_NE(memory, nullptr);
  EXPECT_EQ(memory->unit(), "By");
  EXPECT_EQ(memory->gauge().data_points_size(), 3);
  EXPECT_EQ(memory->gauge().data_points(0).as_int(), 4096);
  EXPECT_EQ(memory->gauge().data_points(0).start_time_unix_nano(), 0U);
}

} // namespace
} // namespace linger::serve
