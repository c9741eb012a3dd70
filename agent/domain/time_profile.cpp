#include "domain/time_profile.h"

#include <cmath>
#include <limits>

namespace linger::domain {
namespace {

bool belongs_to(ProfileKind kind, Cause cause)
{
  return kind == ProfileKind::on_cpu ? cause == Cause::on_cpu
                                     : cause != Cause::on_cpu && cause != Cause::idle;
}

Nanos claimed(const std::vector<SiteReport> &sites, Cause cause)
{
  Nanos sum{};
  for (const SiteReport &site : sites) {
    if (site.cause == cause)
      sum = saturating_sum(sum, site.total);
  }
  return sum;
}

/// The part of `spent` that a site has which claims `part` of `all`.
Nanos share_of(Nanos spent, Nanos part, Nanos all)
{
  if (all <= spent)
    return part;
  return Nanos{ std::llround(
      static_cast<double>(spent.count()) *
      (static_cast<double>(part.count()) / static_cast<double>(all.count()))) };
}

} // namespace

void TimeProfile::add(const WholeRequest &whole, std::uint32_t endpoint)
{
  Key key{ endpoint, whole.request.tgid };
  if (places_.size() >= max_places && !places_.contains(key))
    key.second = 0;
  Place &place = places_[key];
  place.times += whole.request.times;
  place.sites.add_request(whole.waits);
}

std::vector<TimeProfile::Sample> TimeProfile::samples(ProfileKind kind) const
{
  std::vector<Sample> samples;
  for (const auto &[key, place] : places_) {
    const std::vector<SiteReport> sites = place.sites.top(std::numeric_limits<std::size_t>::max());
    // Clang 14 captures no structured binding.
    const auto add = [&, &whose = key](Cause cause, const SiteReport &site, Nanos spent) {
      if (spent <= Nanos::zero())
        return;
      samples.emplace_back(
          whose.first,
          ProfileSample{ .worker = whose.second,
                         .code = site.code,
                         .cause = cause,
                         .what = site.what,
                         .statement = site.statement,
                         .values = { static_cast<std::int64_t>(site.waits), spent.count() } });
    };
    for (const Cause cause : all_causes()) {
      if (!belongs_to(kind, cause))
        continue;
      const Nanos all = claimed(sites, cause);
      Nanos left = place.times[cause];
      for (const SiteReport &site : sites) {
        if (site.cause != cause)
          continue;
        const Nanos spent = std::min(left, share_of(place.times[cause], site.total, all));
        add(cause, site, spent);
        left -= spent;
      }
      const std::string_view rest = cause == Cause::on_cpu ? rest_of_on_cpu : rest_of_blocked;
      add(cause, SiteReport{ .what = std::string{ rest } }, left);
    }
  }
  return samples;
}

} // namespace linger::domain
