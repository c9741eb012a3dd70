#include "domain/growth_fit.h"

#include "domain/jackknife.h"

#include <algorithm>
#include <utility>

namespace linger::domain {

namespace {

void join(GrowthBlock &to, const GrowthBlock &next)
{
  for (const auto &[endpoint, count] : next.requests)
    to.requests[endpoint] += count;
  to.change_bytes = saturating_sum(to.change_bytes, next.change_bytes);
  to.window.end = next.window.end;
}

/// Blocks that so many endpoints take: twice the columns, so that the later half can be fitted
/// alone.
constexpr std::uint64_t enough_for(std::size_t endpoints)
{
  return 10 + 2 * (endpoints + 1);
}

} // namespace

void GrowthFit::add(std::uint32_t worker, GrowthBlock block)
{
  for (const auto &[endpoint, count] : block.requests) {
    requests_[endpoint] += count;
    give_column(endpoint);
  }
  fit(block, 0);
  Worker &from = workers_[worker];
  for (std::size_t size = 1; size < sizes; ++size) {
    Joined &joined = from[size];
    if (joined.parts == 0)
      joined.block = std::move(block);
    else
      join(joined.block, block);
    if (++joined.parts < fan_in)
      return;
    joined.parts = 0;
    block = joined.block;
    fit(block, size);
  }
}

void GrowthFit::fit(const GrowthBlock &block, std::size_t size)
{
  if (size < smallest_)
    return;
  std::vector<LeastSquares::Term> mix;
  double shared = 0;
  for (const auto &[endpoint, count] : block.requests) {
    const auto column = column_of_.find(endpoint);
    if (column == column_of_.end()) {
      shared += count;
      continue;
    }
    ++columns_[column->second].blocks[size];
    mix.push_back({ .column = column->second, .value = static_cast<double>(count) });
  }
  if (shared > 0)
    mix.push_back({ .column = shared_column, .value = shared });
  slice_at(block.window.begin)[size].add(mix, static_cast<double>(block.change_bytes));
  // Enough for however many endpoints there will be: nobody asks for smaller ones any more.
  if (++rows_[size] >= enough_for(max_endpoints))
    drop_smaller_than(size);
}

void GrowthFit::drop_smaller_than(std::size_t size)
{
  for (; smallest_ < size; ++smallest_) {
    for (Slice &slice : slices_)
      slice[smallest_] = {};
  }
}

void GrowthFit::give_column(std::uint32_t endpoint)
{
  if (column_of_.contains(endpoint))
    return;
  if (columns_.size() < max_endpoints) {
    column_of_[endpoint] = columns_.size();
    columns_.push_back({ .endpoint = endpoint });
    return;
  }
  const auto least = std::ranges::min_element(
      columns_, {}, [this](const Column &column) { return requests_.at(column.endpoint); });
  // Twice as many, so that two endpoints do not take the column from each other all the time.
  if (requests_.at(endpoint) < 2 * requests_.at(least->endpoint))
    return;
  const auto column = static_cast<std::size_t>(least - columns_.begin());
  for (Slice &slice : slices_) {
    for (LeastSquares &fitted : slice)
      fitted.fold(column, shared_column);
  }
  column_of_.erase(least->endpoint);
  column_of_[endpoint] = column;
  *least = { .endpoint = endpoint };
}

GrowthFit::Slice &GrowthFit::slice_at(MonotonicTime time)
{
  if (slices_.empty())
    origin_ = time;
  const Nanos since = std::max(Nanos::zero(), time - origin_);
  while (since / slice_length_ >= static_cast<Nanos::rep>(max_slices)) {
    for (std::size_t i = 0; i < slices_.size(); i += 2) {
      Slice pair = slices_[i];
      for (std::size_t size = 0; size < sizes && i + 1 < slices_.size(); ++size)
        pair[size].merge(slices_[i + 1][size]);
      slices_[i / 2] = std::move(pair);
    }
    slices_.resize((slices_.size() + 1) / 2);
    slice_length_ *= 2;
  }
  const auto index = static_cast<std::size_t>(since / slice_length_);
  if (slices_.size() <= index)
    slices_.resize(index + 1);
  return slices_[index];
}

std::vector<LeastSquares> GrowthFit::blocks_since(std::size_t first_slice, std::size_t size) const
{
  std::vector<LeastSquares> blocks;
  for (std::size_t i = first_slice; i < slices_.size(); ++i)
    blocks.push_back(slices_[i][size]);
  return blocks;
}

std::map<std::uint32_t, GrowthEstimate> GrowthFit::estimates() const
{
  std::size_t size = sizes;
  do {
    if (size == smallest_)
      return {};
    --size;
  } while (rows_[size] < enough_for(columns_.size()));
  const std::vector<LeastSquares> blocks = blocks_since(0, size);
  const std::vector<Coefficient> all = solve_jackknifed(blocks, LeastSquares::Holds::together);
  // Without a fit of its own the later half says nothing: bounds around zero.
  const std::vector<Coefficient> late =
      sum_of(blocks_since(slices_.size() / 2, size)).solve(LeastSquares::Holds::each);

  std::map<std::uint32_t, GrowthEstimate> estimates;
  for (std::size_t i = 0; i < columns_.size() && i < all.size(); ++i) {
    if (columns_[i].blocks[size] < min_blocks)
      continue;
    GrowthEstimate &estimate = estimates[columns_[i].endpoint];
    estimate.per_request = all[i].value;
    estimate.low = all[i].low;
    estimate.high = all[i].high;
    if (i < late.size()) {
      estimate.late_low = late[i].low;
      estimate.late_high = late[i].high;
    }
  }
  return estimates;
}

std::size_t GrowthFit::held_bytes() const
{
  std::size_t bytes = slices_.capacity() * sizeof(Slice);
  for (const Slice &slice : slices_) {
    for (const LeastSquares &fitted : slice)
      bytes += fitted.held_bytes();
  }
  return bytes;
}

} // namespace linger::domain
