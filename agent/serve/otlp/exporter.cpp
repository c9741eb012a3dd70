#include "serve/otlp/exporter.h"

#include "opentelemetry/proto/collector/metrics/v1/metrics_service.grpc.pb.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.grpc.pb.h"
#include "serve/escape.h"
#include "serve/otlp/channel.h"
#include "serve/otlp/otlp_metrics.h"

#include <algorithm>
#include <fmt/format.h>
#include <grpcpp/client_context.h>

namespace linger::serve {
namespace {

namespace collector = opentelemetry::proto::collector;
using namespace std::chrono_literals;

constexpr std::size_t most_spans = 2000;           // of one message, which has 4 MB at most
constexpr std::chrono::milliseconds last_try = 1s; // as the agent ends

/// As the protocol's specification has it.
bool worth_another_try(grpc::StatusCode code)
{
  switch (code) {
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DATA_LOSS:
      return true;
    default:
      return false;
  }
}

void set_deadline(grpc::ClientContext &context, domain::Nanos timeout)
{
  context.set_deadline(std::chrono::system_clock::now() + timeout);
}

} // namespace

struct OtlpExporter::Stubs {
  std::unique_ptr<collector::metrics::v1::MetricsService::Stub> metrics;
  std::unique_ptr<collector::trace::v1::TraceService::Stub> traces;
};

Result<std::unique_ptr<OtlpExporter>> OtlpExporter::start(OtlpOptions options, AgentView &agent)
{
  const auto channel = open_collector_channel(options.endpoint, options.insecure, options.tls_ca);
  if (!channel)
    return tl::unexpected(channel.error());
  auto stubs = std::make_unique<Stubs>();
  stubs->metrics = collector::metrics::v1::MetricsService::NewStub(*channel);
  stubs->traces = collector::trace::v1::TraceService::NewStub(*channel);
  return std::unique_ptr<OtlpExporter>{ new OtlpExporter(std::move(options), agent,
                                                         std::move(stubs)) };
}

OtlpExporter::OtlpExporter(OtlpOptions options, AgentView &agent, std::unique_ptr<Stubs> stubs)
    : options_(std::move(options)), agent_(agent), stubs_(std::move(stubs)),
      page_(options_.max_endpoints), spans_(options_.sender)
{
  sending_ = std::jthread{ [this](const std::stop_token &stop) { run(stop); } };
}

OtlpExporter::~OtlpExporter() = default;

OtlpCounts OtlpExporter::counts() const
{
  const std::scoped_lock lock{ mutex_ };
  OtlpCounts counts = counts_;
  counts.requests_dropped += waiting_.dropped();
  return counts;
}

void OtlpExporter::run(const std::stop_token &stop)
{
  Clock::time_point next_metrics = Clock::now() + options_.interval;
  domain::Nanos retry = options_.pace.first_retry;
  while (!stop.stop_requested()) {
    bool taken = true;
    if (options_.metrics && Clock::now() >= next_metrics) {
      next_metrics = Clock::now() + options_.interval;
      taken = send_metrics(options_.pace.call_timeout);
    }
    taken = taken && send_requests(options_.pace.call_timeout);
    const domain::Nanos pause = taken ? options_.pace.batch_interval : retry;
    retry = taken ? options_.pace.first_retry : std::min(2 * retry, options_.pace.longest_retry);
    std::unique_lock lock{ mutex_ };
    woken_.wait_for(lock, stop, pause, [] { return false; });
  }
  if (options_.metrics)
    send_metrics(last_try);
  send_requests(last_try);
}

bool OtlpExporter::send_metrics(domain::Nanos timeout)
{
  const Result<domain::Report> totals = agent_.totals();
  const Result<domain::Report> live = agent_.live_report({});
  if (!totals || !live)
    return true; // the agent ends, and says why itself
  OtlpMetrics sink{ *totals, options_.sender };
  page_.tell(*totals, live->findings, sink);
  tell_export_counts(counts(), sink);
  options_.more_metrics(sink);
  grpc::ClientContext context;
  set_deadline(context, timeout);
  collector::metrics::v1::ExportMetricsServiceResponse answer;
  const grpc::Status status = stubs_->metrics->Export(&context, sink.finish(), &answer);
  const bool done = judge(status);
  if (answer.partial_success().rejected_data_points() > 0)
    options_.warn(fmt::format("the collector {} refused {} metrics: {}", options_.endpoint,
                              answer.partial_success().rejected_data_points(),
                              printable(answer.partial_success().error_message())));
  return done;
}

bool OtlpExporter::has_batch()
{
  if (batch_)
    return true;
  const std::vector<domain::SlowRequest> requests = waiting_.take(most_spans);
  if (!requests.empty())
    batch_ = Batch{ .message = spans_.message_of(requests, agent_.clock()),
                    .requests = requests.size(),
                    .since = Clock::now() };
  return batch_.has_value();
}

bool OtlpExporter::send_requests(domain::Nanos timeout)
{
  while (has_batch()) {
    grpc::ClientContext context;
    set_deadline(context, timeout);
    collector::trace::v1::ExportTraceServiceResponse answer;
    const grpc::Status status = stubs_->traces->Export(&context, batch_->message, &answer);
    const bool done = judge(status);
    if (!done && Clock::now() - batch_->since < options_.pace.patience)
      return false;
    if (status.ok() && answer.partial_success().rejected_spans() <= 0)
      count_sent();
    else
      count_dropped(status.ok() ? answer.partial_success().error_message()
                                : status.error_message());
    batch_.reset();
    if (!done)
      return false;
  }
  return true;
}

void OtlpExporter::count_sent()
{
  const std::scoped_lock lock{ mutex_ };
  counts_.requests_sent += batch_->requests;
}

void OtlpExporter::count_dropped(const std::string &why)
{
  {
    const std::scoped_lock lock{ mutex_ };
    counts_.requests_dropped += batch_->requests;
  }
  options_.warn(
      fmt::format("the traces of {} slow requests are lost: the collector {} did not take "
                  "them: {}",
                  batch_->requests, options_.endpoint, printable(why)));
}

bool OtlpExporter::judge(const grpc::Status &status)
{
  if (!status.ok()) {
    {
      const std::scoped_lock lock{ mutex_ };
      ++counts_.exports_failed;
    }
    if (!failing_)
      options_.warn(fmt::format(
          "nothing can be sent to the collector {} ([otlp] endpoint): {}. It "
          "is tried again until it works; meanwhile {} slow requests are kept",
          options_.endpoint, printable(status.error_message()), RequestBuffer::capacity));
  } else if (failing_) {
    options_.warn(fmt::format("the collector {} takes metrics and traces again; {} slow requests "
                              "were dropped so far",
                              options_.endpoint, counts().requests_dropped));
  }
  failing_ = !status.ok();
  return status.ok() || !worth_another_try(status.error_code());
}

} // namespace linger::serve
