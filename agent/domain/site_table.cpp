#include "domain/site_table.h"

#include <algorithm>
#include <set>

namespace linger::domain {

void SiteTable::add(const Wait &wait)
{
  Spent &spent = spent_on(wait.cause, wait.what);
  ++spent.waits;
  spent.total = saturating_sum(spent.total, wait.window.length());
  spent.max = std::max(spent.max, wait.window.length());
}

void SiteTable::add_request(const SiteTable &request)
{
  // Two sites of a request may meet in one "(other)", which is still one request.
  std::set<const Spent *> counted;
  for (const auto &[site, added] : request.sites_) {
    Spent &spent = spent_on(site.first, site.second);
    spent.waits += added.waits;
    spent.total = saturating_sum(spent.total, added.total);
    spent.max = std::max(spent.max, added.max);
    if (counted.insert(&spent).second)
      ++spent.requests;
  }
}

std::vector<SiteReport> SiteTable::top(std::size_t count) const
{
  std::vector<SiteReport> all;
  all.reserve(sites_.size());
  for (const auto &[site, spent] : sites_) {
    all.push_back({ .cause = site.first,
                    .what = site.second,
                    .waits = spent.waits,
                    .total = spent.total,
                    .max = spent.max,
                    .requests = spent.requests });
  }
  std::ranges::stable_sort(all, std::ranges::greater{}, &SiteReport::total);
  if (all.size() > count)
    all.resize(count);
  return all;
}

SiteTable::Spent &SiteTable::spent_on(Cause cause, const std::string &what)
{
  const auto found = sites_.find({ cause, what });
  if (found != sites_.end())
    return found->second;
  return sites_[{ cause, sites_.size() < limit_ ? what : "(other)" }];
}

} // namespace linger::domain
