#include "domain/trace_budget.h"

#include <algorithm>

namespace linger::domain {

TraceBudget::Verdict TraceBudget::judge(Nanos passed, Nanos allocations_cost,
                                        Nanos frees_cost) const
{
  const Nanos spent = saturating_sum(allocations_cost, frees_cost);
  if (spent >= allowed_)
    return Verdict::stop_all;
  if (passed <= Nanos::zero())
    return Verdict::go_on;
  const double frees_rate =
      static_cast<double>(frees_cost.count()) / static_cast<double>(passed.count());
  const double needed = std::min(frees_rate * static_cast<double>(settle_after_.count()),
                                 static_cast<double>(allowed_.count()) * 2 / 3);
  return static_cast<double>(spent.count()) + needed >= static_cast<double>(allowed_.count())
             ? Verdict::stop_allocations
             : Verdict::go_on;
}

} // namespace linger::domain
