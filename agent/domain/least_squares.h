// Linear regression of a stream in bounded memory: rows become normal equations when these are
// smaller.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace linger::domain {

/// One coefficient with its interval.
struct Coefficient {
  double value = 0;
  double low = 0;
  double high = 0;
};

/// y = b1 x1 + b2 x2 + ... without a constant. Adding rows is order-independent but for rounding.
/// Columns that always move together share their effect, and their intervals say so by being wide.
/// Not thread-safe.
class LeastSquares {
public:
  /// x of one row: the column and its value, columns not named are 0.
  struct Term {
    std::size_t column = 0;
    double value = 0;
  };

  void add(const std::vector<Term> &x, double y);
  void merge(const LeastSquares &other);

  /// Makes one column of two: `from` becomes 0 everywhere and what it held is added to `to`.
  void fold(std::size_t from, std::size_t to);

  [[nodiscard]] std::uint64_t rows() const { return rows_; }

  /// What an interval of 95 % is said of.
  enum class Holds : std::uint8_t {
    each,     // one of twenty intervals does not hold the truth
    together, // in one of twenty solutions any interval does not (at most: Bonferroni's correction)
  };

  /// A coefficient for every column, in order; those of columns that are always 0 are 0. Empty when
  /// there are not more rows than columns.
  [[nodiscard]] std::vector<Coefficient> solve(Holds holds) const;

  /// The same coefficients without their intervals, for a tenth of the time.
  [[nodiscard]] std::vector<double> solve_values() const;

  /// What it has on the heap.
  [[nodiscard]] std::size_t held_bytes() const;

private:
  /// Half as large as a Term. Exact for whole numbers up to 16 million.
  struct FewTerm {
    std::uint32_t column = 0;
    float value = 0;
  };
  struct FewRow {
    double y = 0;
    std::uint32_t terms = 0; // the next ones of few_terms_
  };
  struct Equations;

  [[nodiscard]] Equations equations() const;
  /// Calls `take` with the terms and the y of each row that is kept as it is.
  template <typename Take>
  void each_row(const Take &take) const;
  void keep(std::span<const FewTerm> x, double y);
  void sum_up(std::span<const FewTerm> x, double y);
  void fold_rows(std::uint32_t from, std::uint32_t to);
  /// Takes the rows that are kept as they are into the sums.
  void sum_up_rows();
  void widen(std::size_t columns);
  [[nodiscard]] double &xx(std::size_t row, std::size_t column);
  [[nodiscard]] double xx(std::size_t row, std::size_t column) const;

  std::vector<FewRow> few_; // not in the sums yet
  std::vector<FewTerm> few_terms_;
  std::size_t most_column_ = 0; // of all rows, and one more
  std::size_t columns_ = 0;     // of the sums
  std::vector<double> xx_;      // the lower triangle of a symmetric matrix, row by row
  std::vector<double> xy_;
  double yy_ = 0;
  std::uint64_t rows_ = 0;
};

/// So many standard errors around each of `intervals` estimates leave out the truth of any of them
/// with a probability of at most 5 %.
[[nodiscard]] double interval_reach(std::size_t intervals, std::uint64_t degrees_of_freedom);

} // namespace linger::domain
