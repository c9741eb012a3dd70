#include "domain/allocation_ledger.h"

#include <algorithm>

namespace linger::domain {
namespace {

constexpr double error = 0.05;
/// A table of lines that is full puts the rest together.
constexpr std::size_t max_sites = 1024;
constexpr const char *other_sites = "(other lines)";
constexpr std::size_t max_gone = 64;

/// Sums over blocks.
struct Sum {
  double bytes = 0;
  double variance = 0;
  double interval_bytes = 0;
};

} // namespace

void AllocationLedger::add(const AllocationsSeen &seen)
{
  const auto known = workers_.find(seen.tgid);
  if (known != workers_.end() && known->second.latest.begin != seen.begin)
    forget(seen.tgid); // another trace
  Worker &worker = workers_[seen.tgid];
  if (!origin_)
    origin_ = seen.begin;
  worker.latest = seen;
  worker.latest.allocations.clear();
  worker.latest.freed.clear();
  worker.trace.tgid = seen.tgid;
  worker.trace.hits = seen.hits;
  worker.trace.cost = seen.cost;
  worker.trace.traced = seen.frees_end.value_or(seen.time) - seen.begin;
  if (!seen.gap.empty())
    worker.trace.gap = seen.gap;

  for (const Allocation &allocation : seen.allocations)
    add(worker, allocation);
  // Of requests whose records were lost.
  while (worker.open.size() > max_open)
    worker.open.erase(worker.open.begin());
  for (const std::uint64_t id : seen.freed)
    worker.blocks.erase(id);
  settle(worker);
}

void AllocationLedger::add(Worker &worker, const Allocation &allocation)
{
  worker.trace.interval_bytes = allocation.interval_bytes;
  ++worker.trace.sampled;
  const RequestKey key{ allocation.tid, allocation.request_sequence };
  Open &open = worker.open[key];
  const double bytes = represented_bytes(allocation);
  const std::uint32_t site = site_of(allocation.code);
  Taken &taken = open.taken[site];
  taken.bytes += bytes;
  taken.count += represented_count(allocation);
  if (worker.blocks.size() >= max_blocks && !worker.blocks.contains(allocation.id)) {
    ++worker.trace.overflowed;
    return;
  }
  const auto [place, is_new] = worker.blocks.try_emplace(allocation.id);
  Block &block = place->second;
  block.bytes += bytes;
  block.variance += sampling_variance(allocation);
  if (!is_new)
    return;
  block.count = represented_count(allocation);
  block.site = site;
  open.blocks.push_back(allocation.id);
}

void AllocationLedger::add(const LedgerRequest &request)
{
  const auto found = workers_.find(request.tgid);
  if (found == workers_.end())
    return;
  Worker &worker = found->second;
  ++worker.requests;
  if (request.window.begin < worker.latest.begin ||
      (worker.latest.allocations_end && request.window.end > *worker.latest.allocations_end))
    return; // seen in part
  if (worker.unsettled.size() >= max_unsettled) {
    worker.open.erase(worker.unsettled.front().key);
    worker.unsettled.pop_front();
    ++worker.trace.overflowed;
  }
  worker.unsettled.push_back({ .end = request.window.end,
                               .endpoint = request.endpoint,
                               .ordinal = worker.requests,
                               .key = { request.tid, request.sequence } });
  settle(worker);
}

void AllocationLedger::forget(std::uint32_t tgid)
{
  auto left = workers_.extract(tgid);
  if (!left)
    return;
  Worker &worker = left.mapped();
  worker.trace.unsettled += worker.unsettled.size();
  worker.unsettled.clear();
  worker.open.clear();
  gone_.push_back(std::move(worker));
  if (gone_.size() > max_gone)
    gone_.erase(gone_.begin());
}

void AllocationLedger::settle(Worker &worker)
{
  const SettleRule &rule = worker.latest.settle;
  const MonotonicTime seen_until =
      std::min(worker.latest.time, worker.latest.frees_end.value_or(MonotonicTime::max()));
  while (!worker.unsettled.empty()) {
    const Unsettled &first = worker.unsettled.front();
    if (seen_until - first.end < rule.after || worker.requests - first.ordinal < rule.requests)
      return;
    count(worker, first);
    worker.unsettled.pop_front();
  }
}

void AllocationLedger::count(Worker &worker, const Unsettled &request)
{
  Open allocated;
  if (auto open = worker.open.extract(request.key))
    allocated = std::move(open.mapped());
  widen_slices(request.end);
  Endpoint &endpoint = endpoints_[request.endpoint];
  ++endpoint.requests;
  ++worker.trace.settled;
  for (const auto &[site, taken] : allocated.taken) {
    endpoint.allocated_bytes += taken.bytes;
    Taken &sum = taken_at({ request.endpoint, worker.trace.tgid, site });
    sum.bytes += taken.bytes;
    sum.count += taken.count;
  }
  endpoint.requests_by_slice.resize(max_slices);
  ++endpoint.requests_by_slice[slice_of(request.end)];
  last_settled_ = std::max(last_settled_, request.end);
  for (const std::uint64_t id : allocated.blocks) {
    const auto block = worker.blocks.find(id);
    if (block == worker.blocks.end())
      continue; // freed
    block->second.settled = true;
    block->second.endpoint = request.endpoint;
    block->second.request_end = request.end;
  }
}

std::map<std::uint32_t, RetainedEstimate> AllocationLedger::estimates() const
{
  std::map<std::uint32_t, RetainedEstimate> estimates;
  std::map<std::uint32_t, Sum> sums;
  std::map<std::uint32_t, Sum> late_sums;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<double, double>> sites;
  const std::size_t late_from = origin_ ? (slice_of(last_settled_) + 1) / 2 : 0;
  double interval_bytes = 0;

  const auto add_blocks = [&](const Worker &worker) {
    interval_bytes = std::max(interval_bytes, static_cast<double>(worker.trace.interval_bytes));
    for (const auto &entry : worker.blocks) {
      const Block &block = entry.second;
      if (!block.settled)
        continue;
      const auto add_to = [&](Sum &sum) {
        sum.bytes += block.bytes;
        sum.variance += block.variance;
      };
      add_to(sums[block.endpoint]);
      if (slice_of(block.request_end) >= late_from)
        add_to(late_sums[block.endpoint]);
      auto &site = sites[{ block.endpoint, block.site }];
      site.first += block.bytes;
      site.second += block.count;
    }
  };
  for (const auto &[tgid, worker] : workers_)
    add_blocks(worker);
  for (const Worker &worker : gone_)
    add_blocks(worker);

  for (const auto &[id, endpoint] : endpoints_) {
    RetainedEstimate &estimate = estimates[id];
    estimate.requests = endpoint.requests;
    estimate.allocated_bytes = endpoint.allocated_bytes;
    estimate.retained_bytes = sums[id].bytes;
    estimate.bounds = sampled_sum_bounds(sums[id].bytes, sums[id].variance, interval_bytes,
                                         error / static_cast<double>(endpoints_.size()));
    for (std::size_t slice = late_from; slice < endpoint.requests_by_slice.size(); ++slice)
      estimate.late_requests += endpoint.requests_by_slice[slice];
    estimate.late =
        sampled_sum_bounds(late_sums[id].bytes, late_sums[id].variance, interval_bytes, error);
  }
  for (const auto &[key, site] : sites)
    estimates[key.first].sites.push_back({ .what = sites_[key.second],
                                           .retained_bytes = saturating_round(site.first),
                                           .count = saturating_round(site.second) });
  for (auto &[id, estimate] : estimates) {
    std::ranges::stable_sort(estimate.sites, std::ranges::greater{}, &MemorySite::retained_bytes);
    estimate.sites.resize(std::min(estimate.sites.size(), max_reported_sites));
  }
  return estimates;
}

std::vector<AllocationsAtLine> AllocationLedger::lines() const
{
  std::map<LineKey, AllocationsAtLine> lines;
  const auto at = [&](const LineKey &key) -> AllocationsAtLine & {
    AllocationsAtLine &line = lines[key];
    line.endpoint = key.endpoint;
    line.worker = key.worker;
    line.code = sites_[key.site];
    return line;
  };
  for (const auto &[key, taken] : taken_) {
    AllocationsAtLine &line = at(key);
    line.allocated_bytes += taken.bytes;
    line.allocated_count += taken.count;
  }
  const auto add_blocks = [&](const Worker &worker) {
    for (const auto &entry : worker.blocks) {
      const Block &block = entry.second;
      if (!block.settled)
        continue;
      LineKey key{ block.endpoint, worker.trace.tgid, block.site };
      if (!taken_.contains(key))
        key.worker = 0; // summed up
      AllocationsAtLine &line = at(key);
      line.retained_bytes += block.bytes;
      line.retained_count += block.count;
    }
  };
  for (const auto &[tgid, worker] : workers_)
    add_blocks(worker);
  for (const Worker &worker : gone_)
    add_blocks(worker);

  std::vector<AllocationsAtLine> all;
  all.reserve(lines.size());
  for (auto &[key, line] : lines)
    all.push_back(std::move(line));
  return all;
}

std::map<std::uint32_t, AllocationTrace> AllocationLedger::traces() const
{
  std::map<std::uint32_t, AllocationTrace> traces;
  for (const Worker &worker : gone_)
    traces[worker.trace.tgid] = worker.trace;
  for (const auto &[tgid, worker] : workers_) {
    AllocationTrace &trace = traces[tgid] = worker.trace;
    trace.unsettled += worker.unsettled.size();
  }
  return traces;
}

AllocationLedger::Taken &AllocationLedger::taken_at(LineKey line)
{
  if (taken_.size() >= max_lines && !taken_.contains(line))
    line = { line.endpoint, 0, site_of(other_sites) };
  return taken_[line];
}

std::uint32_t AllocationLedger::site_of(const std::string &code)
{
  const std::string &name =
      sites_.size() >= max_sites && !site_ids_.contains(code) ? std::string{ other_sites } : code;
  const auto [place, is_new] = site_ids_.emplace(name, static_cast<std::uint32_t>(sites_.size()));
  if (is_new)
    sites_.push_back(name);
  return place->second;
}

std::size_t AllocationLedger::slice_of(MonotonicTime time) const
{
  const Nanos since = std::max(Nanos::zero(), time - *origin_);
  return std::min(static_cast<std::size_t>(since / slice_length_), max_slices - 1);
}

/// Slices merge in pairs until this one has its place.
void AllocationLedger::widen_slices(MonotonicTime time)
{
  while (time - *origin_ >= slice_length_ * static_cast<std::int64_t>(max_slices)) {
    slice_length_ *= 2;
    for (auto &[id, endpoint] : endpoints_) {
      std::vector<std::uint64_t> &slices = endpoint.requests_by_slice;
      for (std::size_t i = 0; i < max_slices / 2; ++i)
        slices[i] = slices[2 * i] + slices[2 * i + 1];
      std::fill(slices.begin() + max_slices / 2, slices.end(), 0);
    }
  }
}

} // namespace linger::domain
