// Slow requests as traces: a span for the request, and one below it for each wait.

#pragma once

#include "domain/slow_requests.h"
#include "domain/time.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "serve/otlp/attributes.h"

#include <cstddef>
#include <random>
#include <span>

namespace linger::serve {

/// Names spans at random. Not thread-safe.
class SpanWriter {
public:
  using Message = opentelemetry::proto::collector::trace::v1::ExportTraceServiceRequest;

  explicit SpanWriter(OtlpSender sender);

  /// docs/metrics.md lists the attributes. A request whose client names a trace goes on with that
  /// one, any other begins its own.
  [[nodiscard]] Message message_of(std::span<const domain::SlowRequest> requests,
                                   const domain::ClockAnchor &clock);

private:
  using Span = opentelemetry::proto::trace::v1::Span;

  [[nodiscard]] std::string random_id(std::size_t size);
  [[nodiscard]] Span request_span(const domain::SlowRequest &slow,
                                  const domain::ClockAnchor &clock);
  [[nodiscard]] Span wait_span(const domain::Wait &wait, const Span &request,
                               const domain::ClockAnchor &clock);

  OtlpSender sender_;
  std::mt19937_64 random_;
};

/// How many spans it will be.
[[nodiscard]] inline std::size_t spans_of(const domain::SlowRequest &slow)
{
  return 1 + slow.waits.size();
}

} // namespace linger::serve
