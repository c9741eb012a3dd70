// Where metrics go: each format has a class of its own (exposition.h, otlp/otlp_metrics.h).

#pragma once

#include "domain/time.h"
#include "domain/trace_context.h"

#include <algorithm>
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

/// A value that a histogram counts, and the trace that tells more of it.
struct MetricExemplar {
  double value = 0; // in the family's unit
  domain::TraceContext trace;
  domain::WallTime time;
};

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
  /// how many values were no greater. Of `exemplars`, which rise, one is told for each bucket at
  /// most, where the format has room for it.
  virtual void histogram(const Labels &labels, const std::vector<double> &upper_bounds,
                         const std::vector<std::uint64_t> &at_most, std::uint64_t count, double sum,
                         const std::vector<MetricExemplar> &exemplars) = 0;

protected:
  /// The first of `exemplars` that is above `low` and at most `high`; null where there is none.
  [[nodiscard]] static const MetricExemplar *
  exemplar_in(const std::vector<MetricExemplar> &exemplars, double low, double high)
  {
    const auto found = std::ranges::find_if(exemplars, [&](const MetricExemplar &exemplar) {
      return exemplar.value > low && exemplar.value <= high;
    });
    return found == exemplars.end() ? nullptr : &*found;
  }
};

} // namespace linger::serve
