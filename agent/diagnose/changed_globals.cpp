#include "diagnose/changed_globals.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace linger::diagnose {
namespace {

using domain::GlobalUse;
using domain::GlobalWriter;
using domain::LookCount;

/// So many changes there would have to be in looks without requests, were it not requests that make
/// them, for their absence to say something: of 3 expected there are none once in twenty times.
constexpr double least_expected = 3;
/// Of these, how many there may be, for requests that were lost; of more than `enough_expected` at
/// least one.
constexpr double without_ratio = 0.1;
constexpr double enough_expected = 5;
/// Else, the part of the looks with requests, or with the writer's, in which it changes.
constexpr double least_ratio = 0.9;

double ratio(std::uint64_t part, std::uint64_t whole)
{
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::uint64_t with_requests(const LookCount &count)
{
  return count.all - count.without_requests;
}

/// Whether requests are what changes it.
bool follows_requests(const LookCount &changed, const GlobalWriter &writer, const LookCount &looks)
{
  const double expected =
      static_cast<double>(changed.all) * ratio(looks.without_requests, looks.all);
  if (expected >= least_expected)
    return static_cast<double>(changed.without_requests) <=
           std::max(without_ratio * expected, expected >= enough_expected ? 1.0 : 0.0);
  const double with = writer.endpoint.empty() ? ratio(with_requests(changed), with_requests(looks))
                                              : ratio(writer.changed, writer.looks);
  return with >= least_ratio;
}

bool is_counter(const GlobalUse &use)
{
  constexpr double mostly = 0.9;
  return static_cast<double>(use.rises) >= mostly * static_cast<double>(use.rebound.all);
}

} // namespace

ChangeKind overwritten()
{
  return { .count = &GlobalUse::rebound,
           .writer = &GlobalUse::rebound_by,
           .counts = [](const GlobalUse &use, const Thresholds &) { return !is_counter(use); } };
}

ChangeKind growing()
{
  return { .count = &GlobalUse::grown,
           .writer = &GlobalUse::grown_by,
           .counts = [](const GlobalUse &use, const Thresholds &thresholds) {
             constexpr std::uint64_t least_part_late = 4;
             constexpr std::uint64_t most_part_less = 10;
             return use.items_more >= thresholds.global_grows_min_items &&
                    use.items_more_late >= use.items_more / least_part_late &&
                    use.items_less <= use.items_more / most_part_less && use.rebound.all == 0;
           } };
}

std::vector<ChangedGlobal> changed_globals(const ServerLoad &load, const ChangeKind &kind,
                                           const Thresholds &thresholds)
{
  std::map<std::string, ChangedGlobal> by_name;
  for (const domain::WorkerReport &worker : load.server->workers) {
    if (!worker.globals)
      continue;
    for (const GlobalUse &use : worker.globals->variables) {
      const LookCount &count = use.*kind.count;
      if (count.all < thresholds.global_min_changes || !kind.counts(use, thresholds) ||
          !follows_requests(count, use.*kind.writer, worker.globals->looks))
        continue;
      ChangedGlobal &changed = by_name[use.name];
      changed.workers.push_back(worker.tgid);
      if (changed.use == nullptr || count.all > (changed.use->*kind.count).all) {
        changed.use = &use;
        changed.worker = &worker;
      }
    }
  }
  std::vector<ChangedGlobal> changed;
  for (auto &[name, one] : by_name)
    changed.push_back(std::move(one));
  std::ranges::stable_sort(changed, std::ranges::greater{},
                           [&](const ChangedGlobal &one) { return (one.use->*kind.count).all; });
  return changed;
}

std::string account_of_change(const ChangedGlobal &changed, const ChangeKind &kind)
{
  const LookCount &count = changed.use->*kind.count;
  const LookCount &looks = changed.worker->globals->looks;
  const GlobalWriter &writer = changed.use->*kind.writer;
  std::string account = fmt::format("in {} of the {} looks that found requests",
                                    with_requests(count), with_requests(looks));
  if (!writer.endpoint.empty())
    account +=
        fmt::format(" (always with {}, which {} of them found)", writer.endpoint, writer.looks);
  return account + fmt::format(", and in {} of {} without any", count.without_requests,
                               looks.without_requests);
}

} // namespace linger::diagnose
