#include "collect/allocation_collector.h"

#include "kernel/clock.h"

#include <algorithm>
#include <fmt/format.h>
#include <utility>

namespace linger::collect {
namespace {

constexpr std::chrono::milliseconds run_time_slice{ 100 };

double seconds(std::chrono::nanoseconds time)
{
  return std::chrono::duration<double>(time).count();
}

} // namespace

AllocationCollector::AllocationCollector(AllocationProbe probe, PythonLines &lines,
                                         const domain::AllocationQuery &query)
    : probe_(std::move(probe)), lines_(lines), query_(query), run_time_(probe_.programs())
{
}

Result<std::unique_ptr<AllocationCollector>>
AllocationCollector::start(const WorkerProbe &workers, PythonLines &lines,
                           const std::filesystem::path &proc,
                           const std::vector<std::uint32_t> &tgids,
                           const domain::AllocationQuery &query, std::chrono::nanoseconds window)
{
  auto probe = AllocationProbe::load(workers, query.interval_bytes);
  if (!probe)
    return tl::unexpected(probe.error());
  const auto price = probe->measure_price();
  if (!price)
    return because("measure what a probe costs here", price.error());
  std::unique_ptr<AllocationCollector> collector{ new AllocationCollector(std::move(*probe), lines,
                                                                          query) };
  collector->price_ = *price;
  std::size_t traced = 0;
  for (const std::uint32_t tgid : tgids) {
    domain::AllocationsSeen seen;
    seen.tgid = tgid;
    seen.settle = query.settle;
    const auto allocator = find_allocator(proc, tgid);
    const Result<> attached = allocator ? collector->probe_.attach(tgid, *allocator)
                                        : Result<>{ tl::unexpected(allocator.error()) };
    seen.begin = domain::MonotonicTime{ kernel::monotonic_now() };
    if (attached) {
      ++traced;
      if (const std::string gap = collector->probe_.mapping_gap(*allocator); !gap.empty())
        seen.gap = "what it maps by itself was not seen: " + gap;
    } else {
      seen.gap = "its allocations were not seen: " + attached.error().what;
      seen.allocations_end = seen.begin;
      seen.frees_end = seen.begin;
    }
    collector->seen_.emplace(tgid, std::move(seen));
  }
  collector->budget_ = domain::TraceBudget{ domain::Nanos{ static_cast<std::int64_t>(
                                                static_cast<double>(window.count()) *
                                                query.budget_share * static_cast<double>(traced)) },
                                            query.settle.after };
  collector->began_ = kernel::monotonic_now();
  return collector;
}

void AllocationCollector::add(const decode::SampledAllocation &sampled)
{
  const auto found = seen_.find(sampled.tgid);
  if (found == seen_.end())
    return; // it ended
  domain::Allocation allocation = sampled.allocation;
  allocation.code = lines_.line_of(sampled.stack).value_or("");
  found->second.allocations.push_back(std::move(allocation));
}

void AllocationCollector::add(const decode::FreedAllocation &freed)
{
  if (const auto found = seen_.find(freed.tgid); found != seen_.end())
    found->second.freed.push_back(freed.id);
}

void AllocationCollector::keep_budget()
{
  const auto now = kernel::monotonic_now();
  if (now - run_time_sampled_ < run_time_slice)
    return;
  run_time_sampled_ = now;
  run_time_.sample(now);
  hits_ = probe_.hits();
  const std::uint64_t all = hits_.entries + hits_.returns + hits_.frees;
  if (stopped_ || all == 0)
    return;
  // The programs' own time is not told apart by program; it is shared out as the interruptions are.
  const auto of_all = [&](std::uint64_t part) {
    return price_ * static_cast<std::int64_t>(part) + std::chrono::nanoseconds{
      static_cast<std::int64_t>(static_cast<double>(run_time_.estimated().count()) *
                                static_cast<double>(part) / static_cast<double>(all))
    };
  };
  cost_ = of_all(all);
  stop(budget_.judge(now - began_, of_all(hits_.entries + hits_.returns), of_all(hits_.frees)));
}

void AllocationCollector::stop(domain::TraceBudget::Verdict verdict)
{
  using Verdict = domain::TraceBudget::Verdict;
  if (verdict == Verdict::go_on || (verdict == Verdict::stop_allocations && stopped_allocations_))
    return;
  const domain::MonotonicTime now{ kernel::monotonic_now() };
  const double after = seconds(now.time_since_epoch() - began_);
  // What is on its way through a probe at this moment is not missed: it ends before the stop does.
  if (verdict == Verdict::stop_all)
    probe_.detach_all();
  else
    probe_.detach_allocations();
  for (auto &[tgid, seen] : seen_) {
    if (!seen.allocations_end) {
      seen.allocations_end = now;
      seen.gap = fmt::format("after {:.1f} s its allocations were no longer looked at, because "
                             "that and their frees would have cost more than {:.3g} % of a CPU in "
                             "the whole window",
                             after, query_.budget_share * 100);
    }
    if (verdict == Verdict::stop_all && !seen.frees_end) {
      seen.frees_end = now;
      seen.gap += fmt::format("; after {:.1f} s its frees no longer either, so that the requests "
                              "of the last {:.3g} s before did not settle",
                              after, seconds(query_.settle.after));
    }
  }
  stopped_allocations_ = true;
  stopped_ = verdict == Verdict::stop_all;
}

void AllocationCollector::complete(domain::AllocationsSeen &seen) const
{
  seen.time = domain::MonotonicTime{ kernel::monotonic_now() };
  seen.hits = hits_.entries + hits_.returns + hits_.frees;
  seen.cost = cost_;
}

std::vector<domain::AllocationsSeen> AllocationCollector::take()
{
  std::vector<domain::AllocationsSeen> all;
  for (auto &[tgid, seen] : seen_) {
    complete(seen);
    all.push_back(seen);
    seen.allocations.clear();
    seen.freed.clear();
  }
  return all;
}

std::vector<domain::AllocationsSeen> AllocationCollector::finish()
{
  const domain::MonotonicTime now{ kernel::monotonic_now() };
  for (auto &[tgid, seen] : seen_) {
    seen.allocations_end = std::min(seen.allocations_end.value_or(now), now);
    seen.frees_end = std::min(seen.frees_end.value_or(now), now);
  }
  probe_.detach_all();
  return take();
}

std::vector<domain::AllocationsSeen> AllocationCollector::end(std::uint32_t tgid)
{
  auto ended = seen_.extract(tgid);
  if (!ended)
    return {};
  probe_.forget(tgid);
  domain::AllocationsSeen &seen = ended.mapped();
  complete(seen);
  if (!seen.frees_end)
    seen.gap = "it ended while its allocations were traced";
  return { std::move(seen) };
}

} // namespace linger::collect
