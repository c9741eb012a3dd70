#include "domain/quantile_sketch.h"

#include <algorithm>
#include <cmath>

namespace linger::domain {
namespace {

constexpr double growth_factor =
    (1 + QuantileSketch::relative_error) / (1 - QuantileSketch::relative_error);

// Both are out of reach: see QuantileSketch, and a million values a second for a century.
constexpr std::uint64_t most_number = (1ULL << 12U) - 1;
constexpr std::uint64_t most_count = (1ULL << 52U) - 1;

std::uint64_t bucket_of(std::uint64_t value)
{
  return static_cast<std::uint64_t>(
      std::ceil(std::log(static_cast<double>(value)) / std::log(growth_factor)));
}

/// The value whose relative distance to both ends of the bucket is the same.
std::uint64_t middle_of(std::uint64_t bucket)
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
    add_to(bucket_of(value), 1);
}

void QuantileSketch::merge(const QuantileSketch &other)
{
  count_ += other.count_;
  sum_ += other.sum_;
  zeros_ += other.zeros_;
  min_ = std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  // By value: `other` may be this very sketch, whose buckets move.
  for (const Bucket bucket : std::vector(other.buckets_))
    add_to(bucket.number, bucket.count);
}

std::uint64_t QuantileSketch::count_at_most(std::uint64_t value) const
{
  if (value == 0)
    return zeros_;
  const std::uint64_t last = bucket_of(value);
  std::uint64_t passed = zeros_;
  for (const Bucket bucket : buckets_) {
    if (bucket.number > last)
      break;
    passed += bucket.count;
  }
  return passed;
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
  for (const Bucket bucket : buckets_) {
    passed += bucket.count;
    if (wanted < passed)
      return std::clamp(middle_of(bucket.number), min_, max_);
  }
  return max_;
}

QuantileSketch::Parts QuantileSketch::parts() const
{
  Parts parts{ .zeros = zeros_, .min = min(), .max = max_, .sum = sum_ };
  if (buckets_.empty())
    return parts;
  parts.first_bucket = buckets_.front().number;
  parts.counts.resize(buckets_.back().number - buckets_.front().number + 1, 0);
  for (const Bucket &bucket : buckets_)
    parts.counts[bucket.number - parts.first_bucket] = bucket.count;
  return parts;
}

std::optional<QuantileSketch> QuantileSketch::made_of(const Parts &parts)
{
  constexpr std::size_t most_buckets = 2300; // of 64 bits
  constexpr std::uint64_t most_values = most_count / 2;
  if (parts.first_bucket > most_buckets ||
      parts.counts.size() > most_buckets - parts.first_bucket || parts.min > parts.max ||
      !(parts.sum >= 0) || !std::isfinite(parts.sum))
    return std::nullopt;
  QuantileSketch sketch;
  sketch.count_ = parts.zeros;
  for (std::size_t i = 0; i < parts.counts.size(); ++i) {
    const std::uint64_t count = parts.counts[i];
    if (count > most_values || sketch.count_ > most_values)
      return std::nullopt;
    sketch.count_ += count;
    if (count != 0)
      sketch.buckets_.push_back(
          { .number = (parts.first_bucket + i) & most_number, .count = count & most_count });
  }
  if (sketch.count_ == 0)
    return sketch;
  sketch.zeros_ = parts.zeros;
  sketch.min_ = parts.min;
  sketch.max_ = parts.max;
  sketch.sum_ = parts.sum;
  return sketch;
}

void QuantileSketch::add_to(std::uint64_t bucket, std::uint64_t count)
{
  const auto at = std::ranges::lower_bound(buckets_, bucket, {},
                                           [](const Bucket &kept) { return kept.number; });
  if (at != buckets_.end() && at->number == bucket)
    at->count = (at->count + count) & most_count;
  else
    buckets_.insert(at, Bucket{ .number = bucket & most_number, .count = count & most_count });
}

} // namespace linger::domain
