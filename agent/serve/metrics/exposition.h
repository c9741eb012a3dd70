// The text that Prometheus and its kin read.

#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linger::serve {

/// Name and value. Values may hold anything; names are ours and need no escaping.
using Labels = std::vector<std::pair<std::string_view, std::string>>;

enum class MetricType { counter, gauge, histogram, info };

/// Writes metric families in either of the two formats that scrapers ask for: OpenMetrics 1.0
/// (https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md) and
/// Prometheus' older text format 0.0.4
/// (https://prometheus.io/docs/instrumenting/exposition_formats/). Not thread-safe.
class Exposition {
public:
  enum class Format { open_metrics, prometheus_text };

  explicit Exposition(Format format) : format_(format) {}

  /// Begins a family; its samples follow before the next one begins. `name` is without "_total" or
  /// "_info"; where there is a `unit` ("seconds", "bytes"), it is the name's last word. `help` is
  /// one sentence.
  void family(std::string_view name, MetricType type, std::string_view unit, std::string_view help);

  /// A counter's, gauge's or info's only sample for these labels.
  void sample(const Labels &labels, double value);
  void sample(const Labels &labels, std::uint64_t value);

  /// A histogram's. `upper_bounds` in the family's unit, rising; `at_most` has, for each of them,
  /// how many values were no greater.
  void histogram(const Labels &labels, const std::vector<double> &upper_bounds,
                 const std::vector<std::uint64_t> &at_most, std::uint64_t count, double sum);

  /// The whole text. Nothing may be added after it.
  [[nodiscard]] std::string finish();

  /// The HTTP Content-Type of `format`.
  [[nodiscard]] static const char *content_type(Format format);

  /// What a scraper gets that sends this Accept header: OpenMetrics when it names it.
  [[nodiscard]] static Format format_for(std::string_view accept);

private:
  void line(std::string_view suffix, const Labels &labels, std::string_view value);

  Format format_;
  std::string text_;
  std::string name_;
  MetricType type_ = MetricType::gauge;
};

} // namespace linger::serve
