#include "diagnose/comparison_words.h"

#include "diagnose/human.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace linger::diagnose {
namespace {

using domain::Aspect;
using domain::Change;
using domain::EndpointComparison;
using domain::Shift;

std::string time_text(double ns)
{
  return human_time(domain::Nanos{ static_cast<std::int64_t>(std::llround(ns)) });
}

std::string signed_time(double ns)
{
  return (ns >= 0 ? "+" : "-") + time_text(std::fabs(ns));
}

/// "p50 12.1 ms -> 163 ms (+150 ms; 95 %: +140 ms to +161 ms)"
std::string shift_text(const char *name, const Shift &shift)
{
  return fmt::format("{} {} -> {} ({}; 95 %: {} to {})", name, time_text(shift.before),
                     time_text(shift.after), signed_time(shift.after - shift.before),
                     signed_time(shift.difference.low), signed_time(shift.difference.high));
}

std::string p_text(double p_value)
{
  return p_value < 0.001 ? "p < 0.001" : fmt::format("p = {:.3f}", p_value);
}

std::string share_text(std::uint64_t part, std::uint64_t whole)
{
  return human_share(static_cast<double>(part) /
                     static_cast<double>(std::max<std::uint64_t>(whole, 1)));
}

std::string sentence_of(const Change &change, const EndpointComparison &comparison, bool worse)
{
  switch (change.aspect) {
    case Aspect::typical_latency:
      return fmt::format("{}: {}; {}", worse ? "slower" : "faster",
                         shift_text("p50", comparison.p50_ns), p_text(change.p_value));
    case Aspect::tail_latency:
      return fmt::format("the slowest are {}: {}; {}", worse ? "slower" : "faster",
                         shift_text("p95", comparison.p95_ns), p_text(change.p_value));
    case Aspect::errors:
      return fmt::format("more errors: {} of the requests before, {} after; {}",
                         share_text(comparison.errors_before, comparison.requests_before),
                         share_text(comparison.errors_after, comparison.requests_after),
                         p_text(change.p_value));
    case Aspect::retained_memory:
      return fmt::format(
          "keeps {}: {} a request before ({} to {}), {} after ({} to {})",
          worse ? "more memory" : "less memory", human_bytes(comparison.memory.before_bytes),
          human_bytes(comparison.memory.before.low), human_bytes(comparison.memory.before.high),
          human_bytes(comparison.memory.after_bytes), human_bytes(comparison.memory.after.low),
          human_bytes(comparison.memory.after.high));
  }
  return "";
}

/// "127.0.0.1:5432 (postgresql) at shop/report.py:16 in sales: SELECT ..."; empty when not known.
std::string site_text(const EndpointSide &after, domain::Cause cause)
{
  if (after.report == nullptr)
    return "";
  const auto &sites = after.report->sites;
  const auto site = std::ranges::find(sites, cause, &domain::SiteReport::cause);
  if (site == sites.end())
    return "";
  std::string text = site->what;
  if (!site->code.empty())
    text += (text.empty() ? "at " : " at ") + site->code;
  if (!site->statement.empty())
    text += ": " + site->statement;
  return text;
}

/// Which cause took the most of what was added. Where nothing was added on average, none did.
std::string cause_sentence(const EndpointComparison &comparison, const EndpointSide &after,
                           const domain::Tolerance &tolerance)
{
  const double added = comparison.mean_ns.after - comparison.mean_ns.before;
  const auto most =
      std::ranges::max_element(comparison.causes, {}, [](const domain::CauseShift &shift) {
        return shift.mean_ns.after - shift.mean_ns.before;
      });
  if (most == comparison.causes.end() || added <= 0)
    return "";
  const double by_cause = most->mean_ns.after - most->mean_ns.before;
  if (by_cause <= 0 || by_cause < static_cast<double>(tolerance.time.count()) / 2)
    return "";
  std::string text = fmt::format("a request takes {} more on average; {} {}", time_text(added),
                                 name_of(most->cause), shift_text("went", most->mean_ns));
  if (const std::string site = site_text(after, most->cause); !site.empty())
    text += ". Now it is mostly " + site;
  return text;
}

bool is_of_time(const Change &change)
{
  return change.aspect == Aspect::typical_latency || change.aspect == Aspect::tail_latency;
}

} // namespace

std::vector<std::string> sentences_of(const EndpointComparison &comparison,
                                      const EndpointSide &after, const domain::Tolerance &tolerance)
{
  std::vector<std::string> sentences;
  for (const Change &change : comparison.regressions)
    sentences.push_back(sentence_of(change, comparison, true));
  if (std::ranges::any_of(comparison.regressions, is_of_time)) {
    if (std::string cause = cause_sentence(comparison, after, tolerance); !cause.empty())
      sentences.push_back(std::move(cause));
  }
  for (const Change &change : comparison.improvements)
    sentences.push_back(sentence_of(change, comparison, false));
  return sentences;
}

} // namespace linger::diagnose
