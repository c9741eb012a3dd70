#include "domain/site_table.h"

#include <algorithm>
#include <set>

namespace linger::domain {

void SiteTable::add(const Wait &wait)
{
  Spent &spent = spent_on({ .cause = wait.cause,
                            .held_loop = wait.held_loop,
                            .what = wait.what,
                            .code = wait.code,
                            .statement = wait.statement });
  ++spent.waits;
  spent.repeated += wait.repeated ? 1 : 0;
  spent.total = saturating_sum(spent.total, wait.window.length());
  spent.max = std::max(spent.max, wait.window.length());
}

void SiteTable::add_request(const SiteTable &request)
{
  // Two sites of a request may meet in one "(other)", which is still one request.
  std::set<const Spent *> counted;
  for (const auto &[site, added] : request.sites_) {
    Spent &spent = spent_on(site);
    spent.waits += added.waits;
    spent.repeated += added.repeated;
    spent.total = saturating_sum(spent.total, added.total);
    spent.max = std::max(spent.max, added.max);
    if (counted.insert(&spent).second)
      ++spent.requests;
  }
}

Nanos SiteTable::held_loop() const
{
  Nanos held{};
  for (const auto &[site, spent] : sites_) {
    if (site.held_loop)
      held = saturating_sum(held, spent.total);
  }
  return held;
}

std::vector<SiteReport> SiteTable::top(std::size_t count) const
{
  std::vector<SiteReport> all;
  all.reserve(sites_.size());
  for (const auto &[site, spent] : sites_) {
    all.push_back({ .cause = site.cause,
                    .held_loop = site.held_loop,
                    .what = site.what,
                    .code = site.code,
                    .statement = site.statement,
                    .waits = spent.waits,
                    .repeated = spent.repeated,
                    .total = spent.total,
                    .max = spent.max,
                    .requests = spent.requests });
  }
  std::ranges::stable_sort(all, std::ranges::greater{}, &SiteReport::total);
  if (all.size() > count)
    all.resize(count);
  return all;
}

SiteTable::Spent &SiteTable::spent_on(const Site &site)
{
  const auto found = sites_.find(site);
  if (found != sites_.end())
    return found->second;
  if (sites_.size() < limit_)
    return sites_[site];
  return sites_[{ .cause = site.cause,
                  .held_loop = site.held_loop,
                  .what = "(other)",
                  .code = "",
                  .statement = "" }];
}

} // namespace linger::domain
