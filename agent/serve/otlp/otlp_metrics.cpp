#include "serve/otlp/otlp_metrics.h"

#include <algorithm>

namespace linger::serve {
namespace {

namespace metrics = opentelemetry::proto::metrics::v1;

constexpr std::string_view app_label = "app";
constexpr std::string_view server_label = "master_tgid";

std::uint64_t unix_ns(domain::WallTime time)
{
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

/// As OpenTelemetry writes units (https://ucum.org).
const char *unit_named(std::string_view unit)
{
  return unit == "seconds" ? "s" : unit == "bytes" ? "By" : "";
}

} // namespace

OtlpMetrics::OtlpMetrics(const domain::Report &totals, const OtlpSender &sender)
    : sender_(sender), begin_unix_ns_(unix_ns(totals.clock.to_wall(totals.window.begin))),
      now_unix_ns_(unix_ns(totals.clock.to_wall(totals.window.end))),
      agent_(&new_resource(agent_resource(sender)))
{
  for (const domain::ServerReport &server : totals.servers)
    servers_.emplace(std::to_string(server.server.master_tgid),
                     &new_resource(resource_of(server.server, sender)));
}

OtlpMetrics::Metrics &
OtlpMetrics::new_resource(opentelemetry::proto::resource::v1::Resource resource)
{
  auto &of_resource = *message_.add_resource_metrics();
  *of_resource.mutable_resource() = std::move(resource);
  Metrics &added = *of_resource.add_scope_metrics();
  *added.mutable_scope() = scope_of(sender_);
  return added;
}

void OtlpMetrics::family(std::string_view name, MetricType type, std::string_view unit,
                         std::string_view help)
{
  type_ = type;
  family_.Clear();
  family_.set_name(std::string{ name });
  family_.set_description(std::string{ help });
  family_.set_unit(unit_named(unit));
  if (type == MetricType::counter) {
    family_.mutable_sum()->set_is_monotonic(true);
    family_.mutable_sum()->set_aggregation_temporality(metrics::AGGREGATION_TEMPORALITY_CUMULATIVE);
  } else if (type == MetricType::histogram) {
    family_.mutable_histogram()->set_aggregation_temporality(
        metrics::AGGREGATION_TEMPORALITY_CUMULATIVE);
  } else {
    family_.mutable_gauge();
  }
}

OtlpMetrics::Metric &OtlpMetrics::metric_for(const Labels &labels)
{
  Metrics *of_resource = agent_;
  const auto label =
      std::ranges::find(labels, server_label, [](const auto &entry) { return entry.first; });
  if (label != labels.end()) {
    const auto known = servers_.find(label->second);
    if (known != servers_.end())
      of_resource = known->second;
  }
  auto &all = *of_resource->mutable_metrics();
  if (all.empty() || all.rbegin()->name() != family_.name())
    *all.Add() = family_;
  return *all.rbegin();
}

template <typename Point>
void OtlpMetrics::describe(Point &point, const Labels &labels) const
{
  for (const auto &[name, value] : labels) {
    if (name != app_label && name != server_label)
      set_attribute(*point.mutable_attributes(), name, std::string_view{ value });
  }
  if (type_ != MetricType::gauge)
    point.set_start_time_unix_nano(begin_unix_ns_);
  point.set_time_unix_nano(now_unix_ns_);
}

metrics::NumberDataPoint &OtlpMetrics::point_for(const Labels &labels)
{
  Metric &metric = metric_for(labels);
  metrics::NumberDataPoint &point = type_ == MetricType::counter
                                        ? *metric.mutable_sum()->add_data_points()
                                        : *metric.mutable_gauge()->add_data_points();
  describe(point, labels);
  return point;
}

void OtlpMetrics::sample(const Labels &labels, double value)
{
  if (type_ != MetricType::info)
    point_for(labels).set_as_double(value);
}

void OtlpMetrics::sample(const Labels &labels, std::uint64_t value)
{
  if (type_ != MetricType::info)
    point_for(labels).set_as_int(static_cast<std::int64_t>(value));
}

void OtlpMetrics::histogram(const Labels &labels, const std::vector<double> &upper_bounds,
                            const std::vector<std::uint64_t> &at_most, std::uint64_t count,
                            double sum, const std::vector<MetricExemplar> &exemplars)
{
  auto &point = *metric_for(labels).mutable_histogram()->add_data_points();
  describe(point, labels);
  point.set_count(count);
  point.set_sum(sum);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < upper_bounds.size(); ++i) {
    point.add_explicit_bounds(upper_bounds[i]);
    point.add_bucket_counts(at_most[i] - below);
    below = at_most[i];
  }
  point.add_bucket_counts(count - below);
  for (const MetricExemplar &exemplar : exemplars) {
    metrics::Exemplar &told = *point.add_exemplars();
    told.set_time_unix_nano(unix_ns(exemplar.time));
    told.set_as_double(exemplar.value);
    told.set_trace_id(exemplar.trace.trace_id.data(), exemplar.trace.trace_id.size());
  }
}

} // namespace linger::serve
