#include "domain/quantile_sketch.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace linger::domain {
namespace {

constexpr double growth_factor =
    (1 + QuantileSketch::relative_error) / (1 - QuantileSketch::relative_error);

std::size_t bucket_of(std::uint64_t value)
{
  return static_cast<std::size_t>(
      std::ceil(std::log(static_cast<double>(value)) / std::log(growth_factor)));
}

/// The value whose relative distance to both ends of the bucket is the same.
std::uint64_t middle_of(std::size_t bucket)
{
  const double upper = std::pow(growth_factor, static_cast<double>(bucket));
  const double middle = std::round(2 * upper / (growth_factor + 1));
  // 2^64 itself does not fit; the nearest double below it does.
  return static_cast<std::uint64_t>(std::min(middle, std::nextafter(0x1p64, 0)));
}

} // namespace

void QuantileSketch::add(std::uint64_t value)
{
  ++count_;
  sum_ += static_cast<double>(value);
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
  if (value == 0)
    ++zeros_;
  else
    ++slot(bucket_of(value));
}

void QuantileSketch::merge(const QuantileSketch &other)
{
  count_ += other.count_;
  sum_ += other.sum_;
  zeros_ += other.zeros_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  // By value: `other` may be this very sketch, whose buckets slot() may move.
  const std::vector<std::uint64_t> added = other.buckets_;
  const std::size_t first = other.first_;
  for (std::size_t i = 0; i < added.size(); ++i) {
    if (added[i] != 0)
      slot(first + i) += added[i];
  }
}

std::uint64_t QuantileSketch::count_at_most(std::uint64_t value) const
{
  if (value == 0)
    return zeros_;
  const std::size_t end = bucket_of(value) + 1;
  if (end <= first_)
    return zeros_;
  const auto last =
      buckets_.begin() + static_cast<std::ptrdiff_t>(std::min(end - first_, buckets_.size()));
  return std::accumulate(buckets_.begin(), last, zeros_);
}

double QuantileSketch::mean() const
{
  return count_ == 0 ? 0 : sum_ / static_cast<double>(count_);
}

std::uint64_t QuantileSketch::quantile(double rank) const
{
  if (count_ == 0)
    return 0;
  const double last = static_cast<double>(count_ - 1);
  const auto wanted = static_cast<std::uint64_t>(std::clamp(rank, 0.0, 1.0) * last);
  if (wanted == 0)
    return min_;
  if (wanted == count_ - 1)
    return max_;
  std::uint64_t passed = zeros_;
  if (wanted < passed)
    return 0;
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    passed += buckets_[i];
    if (wanted < passed)
      return std::clamp(middle_of(first_ + i), min_, max_);
  }
  return max_;
}

QuantileSketch::Parts QuantileSketch::parts() const
{
  return { .first_bucket = first_,
           .counts = buckets_,
           .zeros = zeros_,
           .min = min(),
           .max = max_,
           .sum = sum_ };
}

std::optional<QuantileSketch> QuantileSketch::made_of(Parts parts)
{
  constexpr std::size_t most_buckets = 2300; // of 64 bits
  constexpr std::uint64_t most_values = 1ULL << 62;
  if (parts.first_bucket > most_buckets || parts.counts.size() > most_buckets ||
      parts.min > parts.max || !(parts.sum >= 0) || !std::isfinite(parts.sum))
    return std::nullopt;
  QuantileSketch sketch;
  sketch.count_ = parts.zeros;
  for (const std::uint64_t count : parts.counts) {
    if (count > most_values || sketch.count_ > most_values)
      return std::nullopt;
    sketch.count_ += count;
  }
  if (sketch.count_ == 0)
    return sketch;
  sketch.buckets_ = std::move(parts.counts);
  sketch.first_ = parts.first_bucket;
  sketch.zeros_ = parts.zeros;
  sketch.min_ = parts.min;
  sketch.max_ = parts.max;
  sketch.sum_ = parts.sum;
  return sketch;
}

std::uint64_t &QuantileSketch::slot(std::size_t bucket)
{
  if (buckets_.empty())
    first_ = bucket;
  if (bucket < first_) {
    buckets_.insert(buckets_.begin(), first_ - bucket, 0);
    first_ = bucket;
  }
  if (bucket - first_ >= buckets_.size())
    buckets_.resize(bucket - first_ + 1, 0);
  return buckets_[bucket - first_];
}

} // namespace linger::domain
