// The text that Prometheus and its kin read.

#pragma once

#include "serve/metrics/metric_sink.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace linger::serve {

/// Writes metric families in either of the two formats that scrapers ask for: OpenMetrics 1.0
/// (https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md) and
/// Prometheus' older text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/). Not thread-safe.
class Exposition : public MetricSink {
public:
  enum class Format { open_metrics, prometheus_text };

  explicit Exposition(Format format) : format_(format) {}

  /// Dots become underscores, and the unit is the name's last word; then come "_total" and its kin.
  void family(std::string_view name, MetricType type, std::string_view unit,
              std::string_view help) override;
  void sample(const Labels &labels, double value) override;
  void sample(const Labels &labels, std::uint64_t value) override;
  void histogram(const Labels &labels, const std::vector<double> &upper_bounds,
                 const std::vector<std::uint64_t> &at_most, std::uint64_t count, double sum,
                 const std::vector<MetricExemplar> &exemplars) override;

  /// The whole text. Nothing may be added after it.
  [[nodiscard]] std::string finish();

  /// The HTTP Content-Type of `format`.
  [[nodiscard]] static const char *content_type(Format format);

  /// What a scraper gets that sends this Accept header: OpenMetrics when it names it.
  [[nodiscard]] static Format format_for(std::string_view accept);

private:
  /// Ends a bucket's line.
  void exemplar(const MetricExemplar *exemplar);
  void line(std::string_view suffix, const Labels &labels, std::string_view value);

  Format format_;
  std::string text_;
  std::string name_;
  MetricType type_ = MetricType::gauge;
};

} // namespace linger::serve
