// Metrics as an OpenTelemetry collector takes them.

#pragma once

#include "domain/report.h"
#include "opentelemetry/proto/collector/metrics/v1/metrics_service.pb.h"
#include "serve/metrics/metric_sink.h"
#include "serve/otlp/attributes.h"

#include <map>
#include <string>

namespace linger::serve {

/// One message of what is told to it: a resource for each server, whose labels `app` and
/// `master_tgid` are told there and nowhere else, and one for the agent. Counters count from the
/// begin of `totals`' window. What MetricType::info has is in the resources. Not thread-safe.
class OtlpMetrics : public MetricSink {
public:
  using Message = opentelemetry::proto::collector::metrics::v1::ExportMetricsServiceRequest;

  OtlpMetrics(const domain::Report &totals, const OtlpSender &sender);

  void family(std::string_view name, MetricType type, std::string_view unit,
              std::string_view help) override;
  void sample(const Labels &labels, double value) override;
  void sample(const Labels &labels, std::uint64_t value) override;
  void histogram(const Labels &labels, const std::vector<double> &upper_bounds,
                 const std::vector<std::uint64_t> &at_most, std::uint64_t count, double sum,
                 const std::vector<MetricExemplar> &exemplars) override;

  /// Nothing may be told after it.
  [[nodiscard]] Message finish() { return std::move(message_); }

private:
  using Metric = opentelemetry::proto::metrics::v1::Metric;
  using Metrics = opentelemetry::proto::metrics::v1::ScopeMetrics;

  [[nodiscard]] Metrics &new_resource(opentelemetry::proto::resource::v1::Resource resource);
  [[nodiscard]] Metric &metric_for(const Labels &labels);
  [[nodiscard]] opentelemetry::proto::metrics::v1::NumberDataPoint &point_for(const Labels &labels);
  template <typename Point>
  void describe(Point &point, const Labels &labels) const;

  OtlpSender sender_;
  std::uint64_t begin_unix_ns_;
  std::uint64_t now_unix_ns_;
  Message message_;
  std::map<std::string, Metrics *> servers_; // by master_tgid, in message_
  Metrics *agent_;
  // The family that is being told.
  Metric family_;
  MetricType type_ = MetricType::gauge;
};

} // namespace linger::serve
