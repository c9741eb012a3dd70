#include "diagnose/compare.h"

#include "diagnose/endpoint_comparison.h"
#include "diagnose/human.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <tuple>
#include <utility>

namespace linger::diagnose {
namespace {

using domain::Comparison;
using domain::EndpointComparison;
using domain::Recorded;
using domain::Report;
using domain::Verdict;

// Of all that was asked of all endpoints together.
constexpr double level = 0.05;

/// The services of a report, by master.
using Services = std::map<std::uint32_t, std::string>;

Services services_of(const Report &report)
{
  Services services;
  for (const domain::ServerReport &server : report.servers)
    services[server.server.master_tgid] =
        domain::service_name(name_of(server.server.kind), server.server.app);
  return services;
}

std::vector<std::string> names_of(const Services &services)
{
  std::vector<std::string> names;
  for (const auto &[master, name] : services)
    names.push_back(name);
  return names;
}

/// What the other side calls the same service.
Services renamed(Services services, const std::string &name)
{
  for (auto &[master, known] : services)
    known = name;
  return services;
}

std::map<EndpointName, EndpointSide> sides_of(const Recorded &recorded, const Services &services)
{
  std::map<EndpointName, EndpointSide> sides;
  const auto named = [&](std::uint32_t server, const std::string &method,
                         const std::string &route) -> EndpointSide & {
    const auto service = services.find(server);
    return sides[{ service == services.end() ? "" : service->second, method, route }];
  };
  for (const auto &[key, series] : recorded.series)
    named(key.server, key.method, key.route).series.merge(series);
  std::map<const EndpointSide *, std::uint64_t> most;
  for (const domain::EndpointReport &endpoint : recorded.report.endpoints) {
    EndpointSide &side = named(endpoint.server, endpoint.method, endpoint.route);
    // Of several servers, the one that served the most speaks for memory and lines.
    if (std::uint64_t &requests = most[&side]; endpoint.requests > requests) {
      requests = endpoint.requests;
      side.report = &endpoint;
    }
  }
  std::erase_if(sides, [](const auto &side) { return side.second.series.requests() == 0; });
  for (auto &[name, side] : sides)
    side.slices = static_cast<std::size_t>(std::max<std::int64_t>(
        0, recorded.report.window.length() / domain::RequestSeries::slice_length));
  return sides;
}

/// Everything asked of every endpoint, in one order.
template <typename Ask>
void adjust(std::vector<ComparedEndpoint> &endpoints, Ask asked)
{
  std::vector<double> p_values;
  for (ComparedEndpoint &endpoint : endpoints) {
    for (double *p_value : asked(endpoint.tests))
      p_values.push_back(*p_value);
  }
  const std::vector<double> adjusted = domain::holm_adjusted(p_values);
  std::size_t next = 0;
  for (ComparedEndpoint &endpoint : endpoints) {
    for (double *p_value : asked(endpoint.tests))
      *p_value = adjusted[next++];
  }
}

/// Permutations that leave room below the level for so many questions.
std::size_t permutations_for(std::size_t endpoints)
{
  constexpr std::size_t questions = 3;
  constexpr std::size_t least = 9'999;
  constexpr double room = 5;
  return std::max(least, static_cast<std::size_t>(
                             std::ceil(room * static_cast<double>(questions * endpoints) / level)));
}

std::vector<EndpointComparison> compared(const std::map<EndpointName, EndpointSide> &before,
                                         const std::map<EndpointName, EndpointSide> &after,
                                         const domain::Tolerance &tolerance)
{
  std::vector<ComparedEndpoint> testable;
  std::vector<EndpointComparison> endpoints;
  std::map<EndpointName, std::pair<const EndpointSide *, const EndpointSide *>> pairs;
  for (const auto &[name, side] : before)
    pairs[name].first = &side;
  for (const auto &[name, side] : after)
    pairs[name].second = &side;
  for (const auto &[name, pair] : pairs) {
    if (std::optional<EndpointComparison> plain =
            without_test(name, pair.first, pair.second, tolerance))
      endpoints.push_back(std::move(*plain));
    else
      testable.push_back({ .name = name, .before = pair.first, .after = pair.second });
  }
  const std::size_t permutations = permutations_for(testable.size());
  for (ComparedEndpoint &endpoint : testable)
    endpoint.tests = test_latency(endpoint.before->in_window(), endpoint.after->in_window(),
                                  tolerance, permutations);
  adjust(testable, [](LatencyTests &tests) {
    return std::vector{ &tests.slower_p, &tests.slower_tail_p, &tests.more_errors_p };
  });
  adjust(testable, [](LatencyTests &tests) {
    return std::vector{ &tests.faster_p, &tests.faster_tail_p };
  });
  for (const ComparedEndpoint &endpoint : testable)
    endpoints.push_back(judged(endpoint, tolerance, level));
  return endpoints;
}

/// Regressed ones first; then by the time that all its requests together took more or less.
void sort_by_weight(std::vector<EndpointComparison> &endpoints)
{
  const auto order = [](Verdict verdict) {
    switch (verdict) {
      case Verdict::regressed:
        return 0;
      case Verdict::improved:
        return 1;
      case Verdict::unchanged:
        return 2;
      case Verdict::appeared:
        return 3;
      case Verdict::gone:
        return 4;
      case Verdict::not_compared:
        return 5;
    }
    return 6;
  };
  std::ranges::stable_sort(endpoints, {}, [&](const EndpointComparison &endpoint) {
    const double shift = endpoint.mean_ns.after - endpoint.mean_ns.before;
    return std::tuple{ order(endpoint.verdict),
                       -std::fabs(shift) * static_cast<double>(endpoint.requests_after) };
  });
}

std::vector<domain::IdentifiedFinding> identified(const Report &report, const Services &services)
{
  std::vector<domain::IdentifiedFinding> findings;
  for (const domain::Finding &finding : report.findings) {
    const auto service = services.find(finding.server);
    findings.push_back({ .identity = { .rule = finding.rule,
                                       .service = service == services.end() ? "" : service->second,
                                       .endpoints = finding.endpoints },
                         .severity = finding.severity });
  }
  return findings;
}

std::vector<domain::FindingChange> finding_changes(const Report &before, const Services &were,
                                                   const Report &after, const Services &are)
{
  const std::vector<domain::IdentifiedFinding> first = identified(before, were);
  const std::vector<domain::IdentifiedFinding> second = identified(after, are);
  std::vector<domain::FindingChange> changes;
  const std::vector<domain::Presence> now = domain::presences(first, second);
  for (std::size_t i = 0; i < now.size(); ++i)
    changes.push_back({ .presence = now[i], .finding = after.findings[i] });
  const std::vector<domain::Presence> backwards = domain::presences(second, first);
  for (std::size_t i = 0; i < backwards.size(); ++i) {
    if (backwards[i] == domain::Presence::appeared)
      changes.push_back({ .presence = domain::Presence::gone, .finding = before.findings[i] });
  }
  std::ranges::stable_sort(changes, {}, &domain::FindingChange::presence);
  return changes;
}

/// What makes the two hard to compare.
std::vector<std::string> gaps_of(const Report &before, const Report &after)
{
  constexpr double most_ratio = 1.5;
  std::vector<std::string> gaps;
  const auto rate = [](const Report &report) {
    const auto seconds = std::chrono::duration<double>(report.window.length()).count();
    return static_cast<double>(report.coverage.requests_seen) / std::max(seconds, 1e-3);
  };
  const double first = rate(before);
  const double second = rate(after);
  if (std::max(first, second) > most_ratio * std::min(first, second))
    gaps.push_back(fmt::format("the load was not the same: {:.3g} requests a second before, {:.3g} "
                               "after; what waits in queues depends on it",
                               first, second));
  const auto lost = [&](const Report &report, const char *when) {
    if (report.coverage.requests_lost > 0)
      gaps.push_back(fmt::format("{} requests were lost {}; they are in no figure",
                                 report.coverage.requests_lost, when));
  };
  lost(before, "before");
  lost(after, "after");
  return gaps;
}

} // namespace

Comparison compare(const Recorded &before, const Recorded &after,
                   const domain::Tolerance &tolerance)
{
  Services were = services_of(before.report);
  const Services are = services_of(after.report);
  if (domain::are_alone(names_of(were), names_of(are)))
    were = renamed(std::move(were), are.begin()->second);

  Comparison comparison{ .before = before.report, .after = after.report, .tolerance = tolerance };
  comparison.endpoints = compared(sides_of(before, were), sides_of(after, are), tolerance);
  sort_by_weight(comparison.endpoints);
  comparison.findings = finding_changes(before.report, were, after.report, are);
  comparison.gaps = gaps_of(before.report, after.report);
  return comparison;
}

bool has_regression(const Comparison &comparison, domain::Severity at_least)
{
  const bool endpoint =
      std::ranges::any_of(comparison.endpoints, [&](const EndpointComparison &compared) {
        return std::ranges::any_of(compared.regressions, [&](const domain::Change &change) {
          return change.severity >= at_least;
        });
      });
  return endpoint ||
         std::ranges::any_of(comparison.findings, [&](const domain::FindingChange &change) {
           return change.finding.severity >= at_least &&
                  (change.presence == domain::Presence::appeared ||
                   change.presence == domain::Presence::worse);
         });
}

} // namespace linger::diagnose
