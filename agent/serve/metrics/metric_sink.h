// Where metrics go: each format has a class of its own (exposition.h, otlp/otlp_metrics.h).

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linger::serve {

/// Name, in OpenTelemetry's dots ("http.route"), and value. Values may hold any characters; names
/// are ours and need no escaping.
using Labels = std::vector<std::pair<std::string_view, std::string>>;

enum class MetricType { counter, gauge, histogram, info };

/// Not thread-safe.
class MetricSink {
public:
  MetricSink() = default;
  virtual ~MetricSink() = default;
  MetricSink(const MetricSink &) = default;
  MetricSink &operator=(const MetricSink &) = default;

  /// Begins a family; its samples follow before the next one begins. `name` is in OpenTelemetry's
  /// dots and without its `unit`, which is "seconds", "bytes" or nothing. `help` is one sentence.
  virtual void family(std::string_view name, MetricType type, std::string_view unit,
                      std::string_view help) = 0;

  /// A counter's, gauge's or info's only sample for these labels.
  virtual void sample(const Labels &labels, double value) = 0;
  virtual void sample(const Labels &labels, std::uint64_t value) = 0;

  /// A histogram's. `upper_bounds` in the family's unit, rising; `at_most` has, for each of them,
  /// how many values were no greater.
  virtual void histogram(const Labels &labels, const std::vector<double> &upper_bounds,
                         const std::vector<std::uint64_t> &at_most, std::uint64_t count,
                         double sum) = 0;
};

} // namespace linger::serve
