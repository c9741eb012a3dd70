#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"
#include "domain/observation.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace linger::diagnose {
namespace {

using domain::Cause;
using domain::EndpointReport;
using domain::Finding;
using domain::Nanos;
using domain::Severity;
using domain::SiteReport;

/// "shop/cache.py:40 in refresh" of "futex (released by shop/cache.py:40 in refresh)".
std::string_view releaser_of(const SiteReport &site)
{
  constexpr std::string_view before = "(released by ";
  std::string_view what = site.what;
  const std::size_t begin = what.find(before);
  if (begin == std::string_view::npos || !what.ends_with(')'))
    return {};
  what.remove_prefix(begin + before.size());
  what.remove_suffix(1);
  return what;
}

/// File and function, without the line.
std::pair<std::string_view, std::string_view> place_of(std::string_view code)
{
  const std::size_t function = code.rfind(" in ");
  if (function == std::string_view::npos)
    return { code, {} };
  const std::string_view file = code.substr(0, code.rfind(':', function));
  return { file, code.substr(function + 4) };
}

/// Functions that wait for a lock which they release as well: those of other threads that wait do
/// so because somebody is inside. Who waits for what another thread does (an event, a result) waits
/// in one function and is released by another.
using Places = std::set<std::pair<std::string_view, std::string_view>>;

Places contended_places(const ServerLoad &load)
{
  Places places;
  for (const EndpointReport *endpoint : load.endpoints) {
    for (const SiteReport &site : endpoint->sites) {
      const std::string_view releaser = releaser_of(site);
      if (site.cause == Cause::lock && !site.code.empty() && !releaser.empty() &&
          place_of(site.code) == place_of(releaser))
        places.insert(place_of(site.code));
    }
  }
  return places;
}

/// Waits at one line of one endpoint, whoever released them.
struct Waited {
  Nanos total{};
  Nanos max{};
  std::uint64_t waits = 0;
  /// Who released most of it; empty when that was never seen.
  std::string_view released_by;
  Nanos released_by_total{};
};

/// By endpoint's name and line.
using Contended = std::map<std::pair<std::string, std::string_view>, Waited>;

Contended contended_in(const ServerLoad &load)
{
  const Places places = contended_places(load);
  Contended contended;
  for (const EndpointReport *endpoint : load.endpoints) {
    for (const SiteReport &site : endpoint->sites) {
      // Who waits for a pool's connection may well give it back in the same function.
      if (site.cause != Cause::lock || site.what.starts_with(domain::Wait::pool) ||
          !places.contains(place_of(site.code)))
        continue;
      Waited &waited = contended[{ domain::endpoint_name(*endpoint), site.code }];
      waited.total = domain::saturating_sum(waited.total, site.total);
      waited.max = std::max(waited.max, site.max);
      waited.waits += site.waits;
      if (const auto releaser = releaser_of(site);
          !releaser.empty() && site.total > waited.released_by_total) {
        waited.released_by = releaser;
        waited.released_by_total = site.total;
      }
    }
  }
  return contended;
}

using Line = Contended::value_type;

/// The one that was waited at for the longest first.
std::vector<const Line *> by_time(const Contended &contended)
{
  std::vector<const Line *> lines;
  for (const Line &line : contended)
    lines.push_back(&line);
  std::ranges::stable_sort(lines, std::ranges::greater{},
                           [](const Line *line) { return line->second.total; });
  return lines;
}

Nanos sum_of(const Contended &contended)
{
  Nanos sum{};
  for (const auto &[place, waited] : contended)
    sum = domain::saturating_sum(sum, waited.total);
  return sum;
}

void tell_lines(Finding &finding, const std::vector<const Line *> &lines)
{
  constexpr std::size_t most_told = 5;
  for (std::size_t i = 0; i < lines.size() && i < most_told; ++i) {
    const auto &[place, waited] = *lines[i];
    const auto &[endpoint, code] = place;
    if (std::ranges::find(finding.endpoints, endpoint) == finding.endpoints.end())
      finding.endpoints.push_back(endpoint);
    cite_time(finding,
              fmt::format("{} waits at {}{}, {} in all", endpoint, code,
                          waited.released_by.empty()
                              ? ""
                              : fmt::format(" until {} lets go", waited.released_by),
                          waited.waits),
              waited.total);
    cite_time(finding, fmt::format("longest of {} at {}", endpoint, code), waited.max);
  }
}

Finding finding_for(const Contended &contended, const ServerLoad &load,
                    const Thresholds &thresholds)
{
  const auto lines = by_time(contended);
  const auto &[place, worst] = *lines.front();
  const Nanos waiting = sum_of(contended);
  const auto requests = static_cast<Nanos::rep>(load.requests);
  const double share = ratio_of(waiting, service_time(load.times));
  Finding finding = finding_of("lock-contention", load.server->server.master_tgid, "");
  finding.severity =
      share >= thresholds.lock_critical_wait_ratio ? Severity::critical : Severity::warning;
  finding.title =
      fmt::format("Requests wait {} each for a lock at {}, {} of their time in a worker",
                  human_time(waiting / requests), place.second, human_share(share));
  finding.detail = fmt::format(
      "{} of the server's requests waited until another thread of their worker let go of a lock, "
      "mostly {} at {}{}. Threads that wait serve nobody: as far as the lock goes, the worker has "
      "one thread.",
      load.requests, place.first, place.second,
      worst.released_by.empty() ? "" : fmt::format(", until {} had done so", worst.released_by));
  finding.remedy = fmt::format(
      "Hold the lock at {} for less: no I/O, no query and no other service inside of it, only what "
      "must not happen twice at a time. Copy what is needed out of it, give each key or each "
      "thread "
      "a lock or a connection of its own, or use processes instead of threads where nothing needs "
      "to be shared.",
      place.second);
  cite_count(finding, "requests", static_cast<double>(load.requests), "requests");
  cite_time(finding, "waiting for these locks per request, mean", waiting / requests);
  cite_share(finding, "part of the time in a worker", share);
  finding.effect.request_seconds_per_second = ratio_of(waiting, load.window);
  tell_lines(finding, lines);
  return finding;
}

} // namespace

std::vector<Finding> lock_contention(const ServerLoad &load, const Thresholds &thresholds)
{
  if (load.requests == 0 || load.requests < thresholds.lock_min_requests)
    return {};
  const Contended contended = contended_in(load);
  const Nanos waiting = sum_of(contended);
  if (contended.empty() ||
      waiting / static_cast<Nanos::rep>(load.requests) <
          Nanos{ thresholds.lock_min_wait_mean_ns } ||
      ratio_of(waiting, service_time(load.times)) < thresholds.lock_min_wait_ratio)
    return {};
  return { finding_for(contended, load, thresholds) };
}

} // namespace linger::diagnose
