#include "serve/otlp/spans.h"

#include <gtest/gtest.h>
#include <map>

namespace linger::serve {
namespace {

using namespace std::chrono_literals;
namespace trace = opentelemetry::proto::trace::v1;

const domain::ClockAnchor clock_anchor{ domain::MonotonicTime{ 1000s },
                                        domain::WallTime{ 1'700'000'000s } };

domain::SlowRequest slow_request()
{
  domain::SlowRequest slow;
  slow.request = { .tgid = 101,
                   .tid = 102,
                   .window = { domain::MonotonicTime{ 999s }, domain::MonotonicTime{ 1000s } },
                   .method = "GET",
                   .path = "/report/17",
                   .status = 200 };
  slow.request.times[domain::Cause::database] = 900ms;
  slow.request.times[domain::Cause::on_cpu] = 100ms;
  slow.route = "/report/{}";
  slow.server = { .master_tgid = 100, .app = "shop.app:app", .python_version = "3.11.2" };
  slow.waits = { { .tgid = 101,
                   .tid = 102,
                   .window = { domain::MonotonicTime{ 999s },
                               domain::MonotonicTime{ 999s + 900ms } },
                   .cause = domain::Cause::database,
                   .what = "127.0.0.1:5432 (postgresql)",
                   .code = "shop/report.py:16 in create.<locals>.sales",
                   .statement = "SELECT a FROM b WHERE c = ?" } };
  return slow;
}

std::map<std::string, std::string> values_of(const OtlpAttributes &attributes)
{
  std::map<std::string, std::string> values;
  for (const auto &attribute : attributes) {
    const auto &value = attribute.value();
    const std::string text = value.has_string_value() ? value.string_value()
                             : value.has_int_value()  ? std::to_string(value.int_value())
                                                      : std::to_string(value.double_value());
    EXPECT_TRUE(values.emplace(attribute.key(), text).second) << attribute.key() << " twice";
  }
  return values;
}

SpanWriter::Message message_of(const domain::SlowRequest &slow)
{
  return SpanWriter{ { .version = "1", .host_name = "host" } }.message_of({ &slow, 1 },
                                                                          clock_anchor);
}

/// The request's comes last.
std::vector<trace::Span> spans_in(const SpanWriter::Message &message)
{
  const auto &spans = message.resource_spans(0).scope_spans(0).spans();
  return { spans.begin(), spans.end() };
}

TEST(SpanWriterTest, MakesASpanOfARequestAndOneOfEachWait)
{
  const SpanWriter::Message message = message_of(slow_request());
  const std::vector<trace::Span> spans = spans_in(message);

  ASSERT_EQ(spans.size(), 2U);
  const trace::Span &request = spans[1];
  EXPECT_EQ(request.name(), "GET /report/{}");
  EXPECT_EQ(request.kind(), trace::Span::SPAN_KIND_SERVER);
  EXPECT_EQ(request.start_time_unix_nano(), 1'699'999'999'000'000'000U);
  EXPECT_EQ(request.end_time_unix_nano(), 1'700'000'000'000'000'000U);
  EXPECT_EQ(request.status().code(), trace::Status::STATUS_CODE_UNSET);
  const auto of_request = values_of(request.attributes());
  EXPECT_EQ(of_request.at("http.request.method"), "GET");
  EXPECT_EQ(of_request.at("http.route"), "/report/{}");
  EXPECT_EQ(of_request.at("http.response.status_code"), "200");
  EXPECT_EQ(of_request.at("process.pid"), "101");
  EXPECT_EQ(of_request.at("linger.time.database"), "0.900000");
  EXPECT_FALSE(of_request.contains("linger.time.cache"));

  const trace::Span &wait = spans[0];
  EXPECT_EQ(wait.trace_id(), request.trace_id());
  EXPECT_EQ(wait.parent_span_id(), request.span_id());
  EXPECT_EQ(wait.name(), "SELECT");
  EXPECT_EQ(wait.kind(), trace::Span::SPAN_KIND_CLIENT);
  const auto of_wait = values_of(wait.attributes());
  EXPECT_EQ(of_wait.at("db.query.text"), "SELECT a FROM b WHERE c = ?");
  EXPECT_EQ(of_wait.at("db.system.name"), "postgresql");
  EXPECT_EQ(of_wait.at("server.address"), "127.0.0.1");
  EXPECT_EQ(of_wait.at("server.port"), "5432");
  EXPECT_EQ(of_wait.at("code.file.path"), "shop/report.py");
  EXPECT_EQ(of_wait.at("code.line.number"), "16");
  EXPECT_EQ(of_wait.at("code.function.name"), "create.<locals>.sales");

  const auto of_server = values_of(message.resource_spans(0).resource().attributes());
  EXPECT_EQ(of_server.at("service.name"), "shop.app:app");
  EXPECT_EQ(of_server.at("service.instance.id"), "host:100");
}

TEST(SpanWriterTest, GoesOnWithTheTraceOfTheClient)
{
  domain::SlowRequest slow = slow_request();
  slow.request.trace =
      domain::TraceContext{ .trace_id = { 1, 2, 255 }, .span_id = { 9 }, .flags = 1 };
  const trace::Span request = spans_in(message_of(slow)).back();

  EXPECT_EQ(request.trace_id(), std::string("\1\2\xff", 3) + std::string(13, '\0'));
  EXPECT_EQ(request.parent_span_id(), std::string("\x09", 1) + std::string(7, '\0'));
  EXPECT_EQ(request.flags(), 1U);
}

TEST(SpanWriterTest, BeginsATraceOfItsOwnWhereThereIsNone)
{
  SpanWriter writer{ {} };
  const domain::SlowRequest slow = slow_request();
  const trace::Span first = spans_in(writer.message_of({ &slow, 1 }, clock_anchor)).back();
  const trace::Span second = spans_in(writer.message_of({ &slow, 1 }, clock_anchor)).back();

  EXPECT_EQ(first.trace_id().size(), 16U);
  EXPECT_EQ(first.span_id().size(), 8U);
  EXPECT_TRUE(first.parent_span_id().empty());
  EXPECT_NE(first.trace_id(), second.trace_id());
  EXPECT_NE(first.span_id(), second.span_id());
}

TEST(SpanWriterTest, SaysWhatFailed)
{
  domain::SlowRequest slow = slow_request();
  slow.request.status = 0;
  EXPECT_EQ(values_of(spans_in(message_of(slow)).back().attributes()).at("error.type"),
            "no_response");
  slow.request.status = 503;
  trace::Span request = spans_in(message_of(slow)).back();
  EXPECT_EQ(request.status().code(), trace::Status::STATUS_CODE_ERROR);
  EXPECT_EQ(values_of(request.attributes()).at("error.type"), "503");
  slow.request.exception_type = "ValueError";
  EXPECT_EQ(values_of(spans_in(message_of(slow)).back().attributes()).at("error.type"),
            "ValueError");
}

TEST(SpanWriterTest, NamesWaitsByWhatIsAsked)
{
  domain::SlowRequest slow = slow_request();
  domain::Wait &wait = slow.waits[0];
  wait.cause = domain::Cause::upstream;
  wait.what = "[::1]:443 (TLS)";
  wait.statement = "POST /pay/{}";
  trace::Span span = spans_in(message_of(slow)).front();
  EXPECT_EQ(span.name(), "POST /pay/{}");
  EXPECT_EQ(values_of(span.attributes()).at("url.template"), "/pay/{}");
  EXPECT_EQ(values_of(span.attributes()).at("server.address"), "::1");
  EXPECT_FALSE(values_of(span.attributes()).contains("db.system.name"));

  wait.what = "unix:/run/redis.sock (redis)";
  wait.cause = domain::Cause::cache;
  wait.statement = "GET ?";
  span = spans_in(message_of(slow)).front();
  EXPECT_EQ(span.name(), "GET");
  EXPECT_EQ(values_of(span.attributes()).at("server.address"), "/run/redis.sock");

  wait.cause = domain::Cause::lock;
  wait.what = "futex";
  wait.statement.clear();
  wait.code = "no place";
  span = spans_in(message_of(slow)).front();
  EXPECT_EQ(span.name(), "lock");
  EXPECT_EQ(span.kind(), trace::Span::SPAN_KIND_INTERNAL);
  EXPECT_FALSE(values_of(span.attributes()).contains("server.address"));
  EXPECT_FALSE(values_of(span.attributes()).contains("code.file.path"));
}

TEST(SpanWriterTest, HasOneResourceAServer)
{
  std::vector<domain::SlowRequest> slow(3, slow_request());
  slow[1].server.master_tgid = 200;
  const SpanWriter::Message message = SpanWriter{ {} }.message_of(slow, clock_anchor);

  ASSERT_EQ(message.resource_spans_size(), 2);
  EXPECT_EQ(message.resource_spans(0).scope_spans(0).spans_size(), 4);
  EXPECT_EQ(message.resource_spans(1).scope_spans(0).spans_size(), 2);
}

} // namespace
} // namespace linger::serve
