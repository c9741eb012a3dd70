#include "serve/otlp/spans.h"

#include "serve/otlp/wait_attributes.h"

#include <fmt/format.h>
#include <map>

namespace linger::serve {
namespace {

namespace trace = opentelemetry::proto::trace::v1;

constexpr std::size_t trace_id_bytes = 16;
constexpr std::size_t span_id_bytes = 8;
constexpr int first_failed_status = 500;

template <typename Array>
std::string text_of(const Array &bytes)
{
  return { bytes.begin(), bytes.end() };
}

void set_times(trace::Span &span, const domain::TimeWindow &window,
               const domain::ClockAnchor &clock)
{
  const auto unix_ns = [&](domain::MonotonicTime time) {
    return static_cast<std::uint64_t>(clock.to_wall(time).time_since_epoch().count());
  };
  span.set_start_time_unix_nano(unix_ns(window.begin));
  span.set_end_time_unix_nano(unix_ns(window.end));
}

} // namespace

SpanWriter::SpanWriter(OtlpSender sender)
    : sender_(std::move(sender)), random_(std::random_device{}())
{
  // The device gives 32 bits, which two agents of many may share.
  std::random_device device;
  std::seed_seq seed{ device(), device(), device(), device() };
  random_.seed(seed);
}

std::string SpanWriter::random_id(std::size_t size)
{
  std::string id;
  while (id.size() < size) {
    std::uint64_t number = random_() | 1; // never all zero
    for (std::size_t i = 0; i < sizeof number; ++i, number >>= 8)
      id += static_cast<char>(number & 0xff);
  }
  return id.substr(0, size);
}

trace::Span SpanWriter::request_span(const domain::SlowRequest &slow,
                                     const domain::ClockAnchor &clock)
{
  const domain::Request &request = slow.request;
  trace::Span span;
  if (request.trace) {
    span.set_trace_id(text_of(request.trace->trace_id));
    span.set_parent_span_id(text_of(request.trace->span_id));
    span.set_flags(request.trace->flags);
  } else {
    constexpr std::uint32_t recorded = 1;
    span.set_trace_id(random_id(trace_id_bytes));
    span.set_flags(recorded);
  }
  span.set_span_id(random_id(span_id_bytes));
  span.set_name(request.method + " " + slow.route);
  span.set_kind(trace::Span::SPAN_KIND_SERVER);
  set_times(span, request.window, clock);

  OtlpAttributes &attributes = *span.mutable_attributes();
  set_attribute(attributes, "http.request.method", request.method);
  set_attribute(attributes, "http.route", slow.route);
  set_attribute(attributes, "process.pid", std::int64_t{ request.tgid });
  set_attribute(attributes, "thread.id", std::int64_t{ request.tid });
  if (request.status != 0)
    set_attribute(attributes, "http.response.status_code", std::int64_t{ request.status });
  for (const domain::Cause cause : domain::all_causes()) {
    if (const domain::Nanos spent = request.times[cause]; spent != domain::Nanos::zero())
      set_attribute(attributes, fmt::format("linger.time.{}", name_of(cause)),
                    static_cast<double>(spent.count()) * 1e-9);
  }
  set_attribute(attributes, "linger.exception.code", request.exception_code);
  if (slow.waits_left_out != 0)
    set_attribute(attributes, "linger.waits_left_out",
                  static_cast<std::int64_t>(slow.waits_left_out));
  if (request.status == 0 || request.status >= first_failed_status) {
    span.mutable_status()->set_code(trace::Status::STATUS_CODE_ERROR);
    const std::string why = request.status == 0 ? "no_response" : std::to_string(request.status);
    set_attribute(attributes, "error.type",
                  request.exception_type.empty() ? why : request.exception_type);
  }
  return span;
}

trace::Span SpanWriter::wait_span(const domain::Wait &wait, const trace::Span &request,
                                  const domain::ClockAnchor &clock)
{
  trace::Span span;
  span.set_trace_id(request.trace_id());
  span.set_span_id(random_id(span_id_bytes));
  span.set_parent_span_id(request.span_id());
  span.set_flags(request.flags());
  span.set_name(name_of_wait(wait));
  span.set_kind(asks_another(wait) ? trace::Span::SPAN_KIND_CLIENT
                                   : trace::Span::SPAN_KIND_INTERNAL);
  set_times(span, wait.window, clock);
  describe(wait, *span.mutable_attributes());
  return span;
}

SpanWriter::Message SpanWriter::message_of(std::span<const domain::SlowRequest> requests,
                                           const domain::ClockAnchor &clock)
{
  Message message;
  std::map<std::uint32_t, trace::ScopeSpans *> servers; // by master, in the message
  for (const domain::SlowRequest &slow : requests) {
    trace::ScopeSpans *&spans = servers[slow.server.master_tgid];
    if (spans == nullptr) {
      auto &of_server = *message.add_resource_spans();
      *of_server.mutable_resource() = resource_of(slow.server, sender_);
      spans = of_server.add_scope_spans();
      *spans->mutable_scope() = scope_of(sender_);
    }
    const trace::Span request = request_span(slow, clock);
    for (const domain::Wait &wait : slow.waits)
      *spans->add_spans() = wait_span(wait, request, clock);
    *spans->add_spans() = request;
  }
  return message;
}

} // namespace linger::serve
