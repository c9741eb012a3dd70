#include "diagnose/endpoint_comparison.h"

#include "diagnose/comparison_words.h"
#include "domain/block_bootstrap.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <fmt/format.h>
#include <utility>

namespace linger::diagnose {
namespace {

using domain::Aspect;
using domain::BlockedSide;
using domain::BlockSum;
using domain::Cause;
using domain::EndpointComparison;
using domain::RequestSeries;
using domain::Severity;
using domain::Verdict;

// Any number does, so long as it stays the same.
constexpr std::uint64_t bounds_seed = 14;
// Fewer errors more than this part of the requests are nobody's alarm.
constexpr double least_more_errors = 0.01;
constexpr double critical_more_errors = 0.05;
// What takes so many times as long is critical.
constexpr double critical_times = 2;
// Less per request is within what page-sized counters can tell.
constexpr double least_more_bytes = 1024;

constexpr double median = 0.5;
constexpr double tail = 0.95;

EndpointComparison begun(const EndpointName &name, const EndpointSide *before,
                         const EndpointSide *after)
{
  EndpointComparison begun{ .service = name.service, .method = name.method, .route = name.route };
  if (before != nullptr) {
    begun.requests_before = before->series.requests();
    begun.errors_before = before->series.errors();
  }
  if (after != nullptr) {
    begun.requests_after = after->series.requests();
    begun.errors_after = after->series.errors();
  }
  return begun;
}

/// Figures are the wall time, then the causes in their order.
BlockedSide blocked(const RequestSeries &series, std::size_t slices_each, std::size_t blocks)
{
  BlockedSide side{ .blocks = blocks };
  const auto block_of = [&](std::size_t slice) {
    return std::min(slice / slices_each, blocks - 1);
  };
  for (const RequestSeries::Sample &sample : series.samples)
    side.values.push_back({ .block = static_cast<std::uint32_t>(block_of(sample.slice)),
                            .value = static_cast<double>(sample.wall.count()) });
  std::ranges::sort(side.values, {}, &domain::BlockedValue::value);
  side.figures.assign(1 + domain::cause_count, std::vector<BlockSum>(blocks));
  for (std::size_t i = 0; i < series.slices.size(); ++i) {
    const RequestSeries::Slice &slice = series.slices[i];
    const auto add = [&](std::size_t figure, domain::Nanos time) {
      BlockSum &block = side.figures[figure][block_of(i)];
      block.sum += static_cast<double>(time.count());
      block.count += static_cast<double>(slice.requests);
    };
    add(0, slice.times.wall());
    for (const Cause cause : domain::all_causes())
      add(1 + static_cast<std::size_t>(cause), slice.times[cause]);
  }
  return side;
}

void measure(EndpointComparison &comparison, const BlockedSide &before, const BlockedSide &after)
{
  const domain::DifferenceBounds bounds =
      bootstrap_differences(before, after, { median, tail }, bounds_seed);
  const auto quantile = [&](double rank, std::size_t index) {
    return domain::Shift{ .before = quantile_of(before.values, rank),
                          .after = quantile_of(after.values, rank),
                          .difference = bounds.quantiles[index] };
  };
  const auto mean = [&](std::size_t figure) {
    return domain::Shift{ .before = mean_of(before.figures[figure]),
                          .after = mean_of(after.figures[figure]),
                          .difference = bounds.means[figure] };
  };
  comparison.p50_ns = quantile(median, 0);
  comparison.p95_ns = quantile(tail, 1);
  comparison.mean_ns = mean(0);
  for (const Cause cause : domain::all_causes()) {
    const domain::Shift shift = mean(1 + static_cast<std::size_t>(cause));
    if (shift.before > 0 || shift.after > 0)
      comparison.causes.push_back({ .cause = cause, .mean_ns = shift });
  }
  std::ranges::stable_sort(comparison.causes, std::ranges::greater{},
                           [](const domain::CauseShift &shift) {
                             return std::fabs(shift.mean_ns.after - shift.mean_ns.before);
                           });
}

/// Where they were measured in one way, their bounds must not meet.
void compare_memory(EndpointComparison &comparison, const EndpointSide &before,
                    const EndpointSide &after)
{
  if (before.report == nullptr || after.report == nullptr)
    return;
  const domain::EndpointMemory &was = before.report->memory;
  const domain::EndpointMemory &is = after.report->memory;
  comparison.memory = { .before_tier = was.tier,
                        .after_tier = is.tier,
                        .before_bytes = was.retained_bytes_per_request,
                        .before = { was.low, was.high },
                        .after_bytes = is.retained_bytes_per_request,
                        .after = { is.low, is.high } };
  if (was.tier != is.tier || was.tier == domain::MemoryTier::none)
    return;
  // Growth that has ended by the later half (warm-up) is no regression.
  if (std::min(is.low, is.late_low) > std::max(was.high, was.late_high) + least_more_bytes)
    comparison.regressions.push_back({ .aspect = Aspect::retained_memory });
  else if (std::min(was.low, was.late_low) > std::max(is.high, is.late_high) + least_more_bytes)
    comparison.improvements.push_back({ .aspect = Aspect::retained_memory });
}

bool is_critical(const domain::Shift &shift, const domain::Tolerance &tolerance)
{
  return shift.after >= critical_times * shift.before + static_cast<double>(tolerance.time.count());
}

void judge_times(EndpointComparison &comparison, const LatencyTests &tests,
                 const domain::Tolerance &tolerance, double level)
{
  const auto severity = [&](const domain::Shift &shift) {
    return is_critical(shift, tolerance) ? Severity::critical : Severity::warning;
  };
  if (tests.slower_p < level)
    comparison.regressions.push_back({ .aspect = Aspect::typical_latency,
                                       .severity = severity(comparison.p50_ns),
                                       .p_value = tests.slower_p });
  if (tests.slower_tail_p < level)
    comparison.regressions.push_back({ .aspect = Aspect::tail_latency,
                                       .severity = severity(comparison.p95_ns),
                                       .p_value = tests.slower_tail_p });
  if (tests.faster_p < level)
    comparison.improvements.push_back(
        { .aspect = Aspect::typical_latency, .p_value = tests.faster_p });
  if (tests.faster_tail_p < level)
    comparison.improvements.push_back(
        { .aspect = Aspect::tail_latency, .p_value = tests.faster_tail_p });
}

void judge_errors(EndpointComparison &comparison, const LatencyTests &tests, double level)
{
  const double more = static_cast<double>(comparison.errors_after) /
                          static_cast<double>(comparison.requests_after) -
                      static_cast<double>(comparison.errors_before) /
                          static_cast<double>(comparison.requests_before);
  if (tests.more_errors_p < level && more >= least_more_errors)
    comparison.regressions.push_back(
        { .aspect = Aspect::errors,
          .severity = more >= critical_more_errors ? Severity::critical : Severity::warning,
          .p_value = tests.more_errors_p });
}

/// Why times cannot be tested; empty where they can.
std::string why_not(const EndpointSide &before, const EndpointSide &after)
{
  if (std::min(before.slices, after.slices) < Blocks::fewest)
    return fmt::format("a recording of less than {} s cannot be compared: record for a minute",
                       Blocks::fewest);
  const std::uint64_t fewer = std::min(before.series.requests(), after.series.requests());
  if (fewer < least_requests)
    return fmt::format("{} requests before and {} after: {} on each side are needed",
                       before.series.requests(), after.series.requests(), least_requests);
  const Blocks cut = first_cut(before.slices, after.slices);
  if (std::min(filled_blocks(before.series, cut.slices_each, cut.before),
               filled_blocks(after.series, cut.slices_each, cut.after)) < Blocks::fewest)
    return "its requests came in too few moments: spread them over the recording";
  return "";
}

void conclude(EndpointComparison &comparison, Verdict otherwise)
{
  comparison.verdict = !comparison.regressions.empty()    ? Verdict::regressed
                       : !comparison.improvements.empty() ? Verdict::improved
                                                          : otherwise;
}

} // namespace

std::optional<EndpointComparison> without_test(const EndpointName &name, const EndpointSide *before,
                                               const EndpointSide *after,
                                               const domain::Tolerance &tolerance)
{
  EndpointComparison comparison = begun(name, before, after);
  if (before == nullptr || after == nullptr) {
    comparison.verdict = before == nullptr ? Verdict::appeared : Verdict::gone;
    return comparison;
  }
  std::string reason = why_not(*before, *after);
  if (reason.empty())
    return std::nullopt;
  // Without bounds: what is shown must not look like a result.
  compare_memory(comparison, *before, *after);
  comparison.sentences = sentences_of(comparison, *after, tolerance);
  comparison.sentences.push_back("times were not compared: " + std::move(reason));
  conclude(comparison, Verdict::not_compared);
  return comparison;
}

EndpointComparison judged(const ComparedEndpoint &compared, const domain::Tolerance &tolerance,
                          double level)
{
  const Blocks &blocks = compared.tests.blocks;
  EndpointComparison comparison = begun(compared.name, compared.before, compared.after);
  comparison.slower_share = compared.tests.slower_share;
  comparison.block_length =
      RequestSeries::slice_length * static_cast<std::int64_t>(blocks.slices_each);
  comparison.blocks_before = static_cast<std::uint32_t>(blocks.before);
  comparison.blocks_after = static_cast<std::uint32_t>(blocks.after);
  comparison.correlated = blocks.correlated;
  measure(comparison, blocked(compared.before->series, blocks.slices_each, blocks.before),
          blocked(compared.after->series, blocks.slices_each, blocks.after));
  judge_times(comparison, compared.tests, tolerance, level);
  judge_errors(comparison, compared.tests, level);
  compare_memory(comparison, *compared.before, *compared.after);
  conclude(comparison, Verdict::unchanged);
  comparison.sentences = sentences_of(comparison, *compared.after, tolerance);
  return comparison;
}

} // namespace linger::diagnose
