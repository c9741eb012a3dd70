#include "domain/jackknife.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace linger::domain {
namespace {

LeastSquares sum_without(const std::vector<LeastSquares> &groups, std::size_t left_out)
{
  LeastSquares sum;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (i != left_out)
      sum.merge(groups[i]);
  }
  return sum;
}

} // namespace

LeastSquares sum_of(const std::vector<LeastSquares> &groups)
{
  return sum_without(groups, groups.size());
}

std::vector<Coefficient> solve_jackknifed(const std::vector<LeastSquares> &groups,
                                          LeastSquares::Holds holds)
{
  std::vector<Coefficient> all = sum_of(groups).solve(holds);
  std::vector<double> squares(all.size());
  std::size_t count = 0;
  for (std::size_t group = 0; group < groups.size(); ++group) {
    if (groups[group].rows() == 0)
      continue;
    ++count;
    const std::vector<double> rest = sum_without(groups, group).solve_values();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const double change = all[i].value - (i < rest.size() ? rest[i] : 0);
      squares[i] += change * change;
    }
  }
  if (all.empty() || count < 2)
    return {};

  const double reach = interval_reach(1, count - 1);
  const double part = static_cast<double>(count - 1) / static_cast<double>(count);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const double error = reach * std::sqrt(part * squares[i]);
    all[i].low = std::min(all[i].low, all[i].value - error);
    all[i].high = std::max(all[i].high, all[i].value + error);
  }
  return all;
}

} // namespace linger::domain
