#include "serve/otlp/export_counts.h"

namespace linger::serve {

void tell_export_counts(const OtlpCounts &counts, MetricSink &sink)
{
  sink.family("linger.otlp.requests.sent", MetricType::counter, "",
              "Slow requests whose traces a collector took.");
  sink.sample({}, counts.requests_sent);
  sink.family("linger.otlp.requests.dropped", MetricType::counter, "",
              "Slow requests whose traces found no room, or that no collector took.");
  sink.sample({}, counts.requests_dropped);
  sink.family("linger.otlp.exports.failed", MetricType::counter, "",
              "Calls to the collector that failed.");
  sink.sample({}, counts.exports_failed);
}

} // namespace linger::serve
