#include "serve/metrics/exposition.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <iterator>
#include <limits>

namespace linger::serve {
namespace {

constexpr std::string_view open_metrics_type = "application/openmetrics-text";

std::string_view name_of(MetricType type, Exposition::Format format)
{
  switch (type) {
    case MetricType::counter:
      return "counter";
    case MetricType::gauge:
      return "gauge";
    case MetricType::histogram:
      return "histogram";
    case MetricType::info:
      return format == Exposition::Format::open_metrics ? "info" : "gauge";
  }
  return "unknown";
}

std::string_view suffix_of(MetricType type)
{
  switch (type) {
    case MetricType::counter:
      return "_total";
    case MetricType::info:
      return "_info";
    case MetricType::gauge:
    case MetricType::histogram:
      break;
  }
  return "";
}

/// Both formats escape these three alone, and want UTF-8: other bytes would lose the whole scrape.
void append_escaped(std::string &text, std::string_view value)
{
  for (const char c : value) {
    if (c == '\\')
      text += "\\\\";
    else if (c == '"')
      text += "\\\"";
    else if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
}

std::string underscored(std::string_view name)
{
  std::string text{ name };
  std::ranges::replace(text, '.', '_');
  return text;
}

void append_labels(std::string &text, const Labels &labels)
{
  if (labels.empty())
    return;
  char before = '{';
  for (const auto &[name, value] : labels) {
    text += before;
    text += underscored(name);
    text += "=\"";
    append_escaped(text, value);
    text += '"';
    before = ',';
  }
  text += '}';
}

} // namespace

void Exposition::family(std::string_view name, MetricType type, std::string_view unit,
                        std::string_view help)
{
  name_ = underscored(name);
  if (!unit.empty())
    (name_ += '_') += unit;
  type_ = type;
  // The older format names the family as its samples are named.
  const std::string_view suffix =
      format_ == Format::open_metrics ? std::string_view{} : suffix_of(type);
  fmt::format_to(std::back_inserter(text_), "# TYPE {}{} {}\n", name_, suffix,
                 name_of(type, format_));
  if (format_ == Format::open_metrics && !unit.empty())
    fmt::format_to(std::back_inserter(text_), "# UNIT {} {}\n", name_, unit);
  fmt::format_to(std::back_inserter(text_), "# HELP {}{} {}\n", name_, suffix, help);
}

void Exposition::line(std::string_view suffix, const Labels &labels, std::string_view value)
{
  text_ += name_;
  text_ += suffix;
  append_labels(text_, labels);
  text_ += ' ';
  text_ += value;
  text_ += '\n';
}

void Exposition::sample(const Labels &labels, double value)
{
  line(suffix_of(type_), labels, fmt::format("{}", value));
}

void Exposition::sample(const Labels &labels, std::uint64_t value)
{
  line(suffix_of(type_), labels, fmt::format("{}", value));
}

void Exposition::histogram(const Labels &labels, const std::vector<double> &upper_bounds,
                           const std::vector<std::uint64_t> &at_most, std::uint64_t count,
                           double sum, const std::vector<MetricExemplar> &exemplars)
{
  // The same for all its lines, which are most of a page.
  std::string start = name_ + "_bucket";
  append_labels(start, labels);
  if (labels.empty())
    start += '{';
  else
    start.back() = ',';
  const auto out = [this] { return std::back_inserter(text_); };
  double low = 0;
  for (std::size_t i = 0; i < upper_bounds.size(); ++i) {
    fmt::format_to(out(), "{}le=\"{}\"}} {}", start, upper_bounds[i], at_most[i]);
    exemplar(exemplar_in(exemplars, low, upper_bounds[i]));
    low = upper_bounds[i];
  }
  fmt::format_to(out(), "{}le=\"+Inf\"}} {}", start, count);
  exemplar(exemplar_in(exemplars, low, std::numeric_limits<double>::infinity()));
  line("_count", labels, fmt::format("{}", count));
  line("_sum", labels, fmt::format("{}", sum));
}

void Exposition::exemplar(const MetricExemplar *exemplar)
{
  // The older format knows of none.
  if (exemplar != nullptr && format_ == Format::open_metrics)
    fmt::format_to(std::back_inserter(text_), " # {{trace_id=\"{:02x}\"}} {} {:.3f}",
                   fmt::join(exemplar->trace.trace_id, ""), exemplar->value,
                   std::chrono::duration<double>(exemplar->time.time_since_epoch()).count());
  text_ += '\n';
}

std::string Exposition::finish()
{
  if (format_ == Format::open_metrics)
    text_ += "# EOF\n";
  return std::move(text_);
}

const char *Exposition::content_type(Format format)
{
  return format == Format::open_metrics
             ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
             : "text/plain; version=0.0.4; charset=utf-8";
}

Exposition::Format Exposition::format_for(std::string_view accept)
{
  return accept.find(open_metrics_type) != std::string_view::npos ? Format::open_metrics
                                                                  : Format::prometheus_text;
}

} // namespace linger::serve
