// Quantiles of a stream in bounded memory.

#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace linger::domain {

/// DDSketch (Masson, Rim, Lee: "DDSketch: a fast and fully-mergeable quantile sketch with
/// relative-error guarantees", VLDB 2019) over positive integers: bucket i holds the values in
/// (g^(i-1), g^i], g = (1 + e) / (1 - e), so that a quantile is off by at most e = 1 % of its value
/// (and then rounded to a whole number). 2^64 needs 2,219 buckets, so nothing ever has to be
/// collapsed; only those that hold a value are kept, 8 bytes each. Not thread-safe.
class QuantileSketch {
public:
  static constexpr double relative_error = 0.01;

  void add(std::uint64_t value);
  void merge(const QuantileSketch &other);

  [[nodiscard]] std::uint64_t count() const { return count_; }
  [[nodiscard]] std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
  [[nodiscard]] std::uint64_t max() const { return max_; }
  [[nodiscard]] double mean() const;

  /// How many values are no greater, as far as buckets tell: those of the bucket that `value` lies
  /// in count as a whole, so that a value up to 2 % above it may be among them. Never falls as
  /// values come.
  [[nodiscard]] std::uint64_t count_at_most(std::uint64_t value) const;

  /// The value at `rank` (0 to 1) of the sorted values, 0 when there are none.
  [[nodiscard]] std::uint64_t quantile(double rank) const;

  /// What it is made of, to be kept somewhere else.
  struct Parts {
    std::size_t first_bucket = 0;
    std::vector<std::uint64_t> counts;
    std::uint64_t zeros = 0;
    std::uint64_t min = 0;
    std::uint64_t max = 0;
    double sum = 0;
  };
  [[nodiscard]] Parts parts() const;
  /// nullopt where that is no sketch.
  [[nodiscard]] static std::optional<QuantileSketch> made_of(const Parts &parts);

private:
  struct Bucket {
    std::uint64_t number : 12;
    std::uint64_t count : 52;
  };

  void add_to(std::uint64_t bucket, std::uint64_t count);

  std::vector<Bucket> buckets_; // by number
  std::uint64_t zeros_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
  double sum_ = 0;
};

} // namespace linger::domain
