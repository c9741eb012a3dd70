#include "serve/metrics/exposition.h"

#include <gtest/gtest.h>

namespace linger::serve {
namespace {

using Format = Exposition::Format;

std::string some_of_each(Format format)
{
  Exposition text{ format };
  text.family("worker.requests", MetricType::counter, "", "Requests.");
  text.sample({ { "worker", "1" } }, std::uint64_t{ 3 });
  text.family("queue_length", MetricType::gauge, "", "Length.");
  text.sample({}, 0.25);
  text.family("server", MetricType::info, "", "What it is.");
  text.sample({ { "kind", "gunicorn" } }, std::uint64_t{ 1 });
  text.family("wall", MetricType::histogram, "seconds", "Wall time.");
  text.histogram({ { "route", "/" } }, { 0.005, 1 }, { 2, 5 }, 6, 4.5, {});
  return text.finish();
}

TEST(ExpositionTest, WritesOpenMetrics)
{
  EXPECT_EQ(some_of_each(Format::open_metrics), "# TYPE worker_requests counter\n"
                                                "# HELP worker_requests Requests.\n"
                                                "worker_requests_total{worker=\"1\"} 3\n"
                                                "# TYPE queue_length gauge\n"
                                                "# HELP queue_length Length.\n"
                                                "queue_length 0.25\n"
                                                "# TYPE server info\n"
                                                "# HELP server What it is.\n"
                                                "server_info{kind=\"gunicorn\"} 1\n"
                                                "# TYPE wall_seconds histogram\n"
                                                "# UNIT wall_seconds seconds\n"
                                                "# HELP wall_seconds Wall time.\n"
                                                "wall_seconds_bucket{route=\"/\",le=\"0.005\"} 2\n"
                                                "wall_seconds_bucket{route=\"/\",le=\"1\"} 5\n"
                                                "wall_seconds_bucket{route=\"/\",le=\"+Inf\"} 6\n"
                                                "wall_seconds_count{route=\"/\"} 6\n"
                                                "wall_seconds_sum{route=\"/\"} 4.5\n"
                                                "# EOF\n");
}

TEST(ExpositionTest, NamesFamiliesAsTheirSamplesInTheOlderFormat)
{
  const std::string text = some_of_each(Format::prometheus_text);

  EXPECT_NE(text.find("# TYPE worker_requests_total counter\n"), std::string::npos) << text;
  EXPECT_NE(text.find("# TYPE server_info gauge\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("# UNIT"), std::string::npos) << text;
  EXPECT_EQ(text.find("# EOF"), std::string::npos) << text;
}

std::string with_exemplars(Format format)
{
  const auto at = [](double value, std::uint8_t trace) {
    return MetricExemplar{ .value = value,
                           .trace = { .trace_id = { 0x0a, trace } },
                           .time = domain::WallTime{ std::chrono::milliseconds{ 1'500'250 } } };
  };
  Exposition text{ format };
  text.family("wall", MetricType::histogram, "seconds", "Wall time.");
  text.histogram({}, { 0.005, 1, 5 }, { 2, 5, 5 }, 6, 4.5,
                 { at(0.25, 1), at(0.5, 2), at(1, 3), at(9, 0xff) });
  return text.finish();
}

TEST(ExpositionTest, TellsOneTraceForEachBucketThatHasOne)
{
  const std::string text = with_exemplars(Format::open_metrics);
  EXPECT_NE(text.find("wall_seconds_bucket{le=\"0.005\"} 2\n"
                      "wall_seconds_bucket{le=\"1\"} 5 # {trace_id=\"0a01000000000000"
                      "0000000000000000\"} 0.25 1500.250\n"
                      "wall_seconds_bucket{le=\"5\"} 5\n"
                      "wall_seconds_bucket{le=\"+Inf\"} 6 # {trace_id=\"0aff000000000000"
                      "0000000000000000\"} 9 1500.250\n"),
            std::string::npos)
      << text;
}

TEST(ExpositionTest, TellsNoTraceInTheOlderFormat)
{
  EXPECT_EQ(with_exemplars(Format::prometheus_text).find("trace_id"), std::string::npos);
}

TEST(ExpositionTest, EscapesWhatWouldEndALabel)
{
  Exposition text{ Format::prometheus_text };
  text.family("up", MetricType::gauge, "", "Up.");
  text.sample({ { "route", "/a\"b\\c\nd" } }, std::uint64_t{ 1 });

  EXPECT_NE(text.finish().find("up{route=\"/a\\\"b\\\\c\\nd\"} 1\n"), std::string::npos);
}

TEST(ExpositionTest, AnswersInTheFormatThatIsAskedFor)
{
  EXPECT_EQ(Exposition::format_for("application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1"),
            Format::open_metrics);
  EXPECT_EQ(Exposition::format_for("text/plain;version=0.0.4"), Format::prometheus_text);
  EXPECT_EQ(Exposition::format_for(""), Format::prometheus_text);
}

} // namespace
} // namespace linger::serve
