#include "serve/render/comparison_text.h"

#include "serve/render/figures.h"
#include "serve/render/finding_text.h"
#include "serve/render/layout.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace linger::serve {
namespace {

using Presence = v1::FindingChange;

std::string heading(std::string_view title, const TextOptions &options)
{
  return "\n" + inked(title, Ink::bold, options.colour) + "\n";
}

std::string time_text(double ns)
{
  return duration_text(static_cast<std::uint64_t>(std::llround(std::max(ns, 0.0))));
}

std::string signed_time(double ns)
{
  return (ns < 0 ? "-" : "+") + time_text(std::fabs(ns));
}

std::string window_text(std::string_view name, const v1::ComparedRecording &recording,
                        const TextOptions &options)
{
  return wrapped(fmt::format("{}: {} until {}, {}", name,
                             duration_text(recording.window().duration_ns()),
                             date_text(recording.window().end_time()),
                             counted_text(recording.coverage().requests_seen(), "request")),
                 options.width, "", 2);
}

std::string endpoint_name(const v1::EndpointComparison &endpoint)
{
  return endpoint.method() + " " + endpoint.route();
}

v1::Severity worst_of(const v1::EndpointComparison &endpoint)
{
  v1::Severity worst = v1::SEVERITY_UNSPECIFIED;
  for (const v1::EndpointChange &change : endpoint.regressions())
    worst = std::max(worst, change.severity());
  return worst;
}

std::string basis_text(const v1::EndpointComparison &endpoint)
{
  if (endpoint.blocks_before() == 0)
    return "";
  std::string text = fmt::format(
      "{} before, {} after, in {} and {} blocks of {}; one after is slower than one before in {} "
      "of all pairs",
      counted_text(endpoint.requests_before(), "request"), count_text(endpoint.requests_after()),
      endpoint.blocks_before(), endpoint.blocks_after(), duration_text(endpoint.block_ns()),
      percent_text(endpoint.slower_ratio()));
  if (endpoint.correlated())
    text += "; neighbouring blocks resemble each other, so record longer to be sure";
  return text;
}

std::string changed_text(const v1::EndpointComparison &endpoint, std::string_view label, Ink ink,
                         const TextOptions &options)
{
  std::string text = wrapped(endpoint_name(endpoint) +
                                 (endpoint.service().empty() ? "" : ", " + endpoint.service()),
                             options.width, "  " + std::string{ label } + "  ", 4);
  // Colour comes after wrapping: escapes have no width.
  text.replace(2, label.size(), inked(label, ink, options.colour));
  for (const std::string &sentence : endpoint.sentences())
    text += wrapped(sentence, options.width, "    - ", 6);
  if (const std::string basis = basis_text(endpoint); !basis.empty())
    text += wrapped(basis, options.width, "    ", 4);
  return text;
}

std::string regressions_text(const v1::Comparison &comparison, const TextOptions &options)
{
  std::string text;
  for (const v1::EndpointComparison &endpoint : comparison.endpoints())
    if (endpoint.verdict() == v1::VERDICT_REGRESSED) {
      const v1::Severity worst = worst_of(endpoint);
      text += (text.empty() ? "" : "\n") +
              changed_text(endpoint, label_of(worst), ink_of(worst), options);
    }
  return text.empty() ? "  none\n" : text;
}

std::string improvements_text(const v1::Comparison &comparison, const TextOptions &options)
{
  std::string text;
  for (const v1::EndpointComparison &endpoint : comparison.endpoints())
    if (endpoint.verdict() == v1::VERDICT_IMPROVED)
      text += (text.empty() ? "" : "\n") + changed_text(endpoint, "BETTER", Ink::green, options);
  return text;
}

std::string_view word_of(Presence::Presence presence)
{
  switch (presence) {
    case Presence::PRESENCE_APPEARED:
      return "new";
    case Presence::PRESENCE_WORSE:
      return "worse";
    case Presence::PRESENCE_UNCHANGED:
      return "still";
    case Presence::PRESENCE_GONE:
      return "gone";
    default:
      return "unknown";
  }
}

std::string findings_text(const v1::Comparison &comparison, const TextOptions &options)
{
  std::string text;
  for (const v1::FindingChange &change : comparison.findings()) {
    const v1::Finding &finding = change.finding();
    const bool worse = change.presence() == Presence::PRESENCE_APPEARED ||
                       change.presence() == Presence::PRESENCE_WORSE;
    text += wrapped(fmt::format("{}: {} {}: {}", word_of(change.presence()),
                                label_of(finding.severity()), finding.rule(), finding.title()),
                    options.width, "  ", 4);
    if (worse && !finding.remedy().empty())
      text += wrapped(finding.remedy(), options.width, "    Do: ", 8);
  }
  return text.empty() ? "  none, in neither\n" : text;
}

std::string verdict_text(v1::Verdict verdict)
{
  switch (verdict) {
    case v1::VERDICT_UNCHANGED:
      return "same";
    case v1::VERDICT_IMPROVED:
      return "better";
    case v1::VERDICT_REGRESSED:
      return "worse";
    case v1::VERDICT_APPEARED:
      return "new";
    case v1::VERDICT_GONE:
      return "gone";
    default:
      return "not compared";
  }
}

/// "12.1 ms -> 163 ms"
std::string shift_text(const v1::Shift &shift)
{
  return time_text(shift.before_ns()) + " -> " + time_text(shift.after_ns());
}

/// "a request: +1.20 ms (95 %: -0.10 ms to +2.50 ms); database +1.10 ms, on_cpu +0.10 ms"
std::string causes_note(const v1::EndpointComparison &endpoint)
{
  constexpr int most = 3;
  const v1::Shift &mean = endpoint.mean();
  std::string text = fmt::format("a request on average {} (95 %: {} to {})",
                                 signed_time(mean.after_ns() - mean.before_ns()),
                                 signed_time(mean.low_ns()), signed_time(mean.high_ns()));
  for (int i = 0; i < std::min(most, endpoint.causes_size()); ++i) {
    const v1::CauseShift &cause = endpoint.causes(i);
    text += fmt::format("{} {} {}", i == 0 ? ":" : ",", cause.cause(),
                        signed_time(cause.mean().after_ns() - cause.mean().before_ns()));
  }
  return text;
}

Table::Row row_of(const v1::EndpointComparison &endpoint)
{
  const bool tested = endpoint.blocks_before() > 0;
  Table::Row row{ .cells = { verdict_text(endpoint.verdict()),
                             count_text(endpoint.requests_before()) + " -> " +
                                 count_text(endpoint.requests_after()),
                             tested ? shift_text(endpoint.p50()) : "",
                             tested ? shift_text(endpoint.p95()) : "", endpoint_name(endpoint) },
                  .notes = {} };
  if (tested)
    row.notes.push_back(causes_note(endpoint));
  else
    row.notes.assign(endpoint.sentences().begin(), endpoint.sentences().end());
  return row;
}

std::string table_text(const v1::Comparison &comparison, const TextOptions &options)
{
  Table table({ { "VERDICT" }, { "REQUESTS" }, { "P50" }, { "P95" }, { "ENDPOINT" } });
  std::size_t quiet = 0;
  for (const v1::EndpointComparison &endpoint : comparison.endpoints()) {
    const bool loud =
        endpoint.verdict() == v1::VERDICT_REGRESSED || endpoint.verdict() == v1::VERDICT_IMPROVED;
    if (loud || ++quiet <= options.endpoints)
      table.add(row_of(endpoint));
  }
  std::string text = table.text(2, options);
  if (quiet > options.endpoints)
    text += fmt::format("  and {} more\n", count_text(quiet - options.endpoints));
  return text;
}

} // namespace

std::string comparison_text(const v1::Comparison &comparison, const TextOptions &asked)
{
  TextOptions options = asked;
  options.width = std::max<std::size_t>(asked.width, 40);

  std::string text = window_text("before", comparison.before(), options) +
                     window_text("after", comparison.after(), options);
  for (const std::string &gap : comparison.gaps())
    text += wrapped(gap, options.width, "  - ", 4);
  text += heading("REGRESSIONS", options) + regressions_text(comparison, options);
  if (const std::string better = improvements_text(comparison, options); !better.empty())
    text += heading("IMPROVEMENTS", options) + better;
  text += heading("FINDINGS", options) + findings_text(comparison, options);
  text += heading("ENDPOINTS", options) + (comparison.endpoints().empty()
                                               ? "  no request ended in either recording\n"
                                               : table_text(comparison, options));
  return text;
}

} // namespace linger::serve
