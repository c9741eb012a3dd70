#include "domain/least_squares.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <utility>

namespace linger::domain {
namespace {

// Small against any real spread of a column, large against rounding: two columns that are the same
// get an interval ten thousand times as wide, not a division by zero.
constexpr double ridge = 1e-8;

/// The elements of the lower triangle of a matrix of so many rows.
constexpr std::size_t triangle(std::size_t rows)
{
  return rows * (rows + 1) / 2;
}

std::vector<double> with_ridge(std::vector<double> matrix, std::size_t size)
{
  for (std::size_t i = 0; i < size; ++i)
    matrix[i * size + i] *= 1 + ridge;
  return matrix;
}

/// The lower triangle L of A = L L', for a positive definite A.
class Cholesky {
public:
  Cholesky(std::vector<double> matrix, std::size_t size) : size_(size), lower_(std::move(matrix))
  {
    for (std::size_t j = 0; j < size_; ++j) {
      double diagonal = at(j, j);
      for (std::size_t k = 0; k < j; ++k)
        diagonal -= at(j, k) * at(j, k);
      // Rounding may take what the ridge gave.
      at(j, j) = std::sqrt(std::max(diagonal, ridge * ridge * at(j, j)));
      for (std::size_t i = j + 1; i < size_; ++i) {
        double sum = at(i, j);
        for (std::size_t k = 0; k < j; ++k)
          sum -= at(i, k) * at(j, k);
        at(i, j) = sum / at(j, j);
      }
    }
  }

  [[nodiscard]] std::vector<double> solve(std::vector<double> right) const
  {
    for (std::size_t i = 0; i < size_; ++i) {
      for (std::size_t k = 0; k < i; ++k)
        right[i] -= at(i, k) * right[k];
      right[i] /= at(i, i);
    }
    for (std::size_t i = size_; i-- > 0;) {
      for (std::size_t k = i + 1; k < size_; ++k)
        right[i] -= at(k, i) * right[k];
      right[i] /= at(i, i);
    }
    return right;
  }

private:
  [[nodiscard]] double &at(std::size_t i, std::size_t j) { return lower_[i * size_ + j]; }
  [[nodiscard]] double at(std::size_t i, std::size_t j) const { return lower_[i * size_ + j]; }

  std::size_t size_;
  std::vector<double> lower_;
};

} // namespace

double interval_reach(std::size_t intervals, std::uint64_t degrees_of_freedom)
{
  const boost::math::students_t_distribution<double> t(static_cast<double>(degrees_of_freedom));
  return quantile(complement(t, 0.05 / 2 / static_cast<double>(intervals)));
}

/// X'X and X'y of the columns that are used.
struct LeastSquares::Equations {
  std::vector<std::size_t> used;
  std::vector<double> matrix; // used x used
  std::vector<double> right;
  double yy = 0;

  [[nodiscard]] std::size_t size() const { return used.size(); }
  [[nodiscard]] double at(std::size_t i, std::size_t j) const { return matrix[i * size() + j]; }
};

void LeastSquares::add(const std::vector<Term> &x, double y)
{
  std::vector<FewTerm> terms;
  terms.reserve(x.size());
  for (const Term &term : x)
    terms.push_back({ .column = static_cast<std::uint32_t>(term.column),
                      .value = static_cast<float>(term.value) });
  keep(terms, y);
}

void LeastSquares::keep(std::span<const FewTerm> x, double y)
{
  for (const FewTerm &term : x)
    most_column_ = std::max(most_column_, std::size_t{ term.column } + 1);
  few_terms_.insert(few_terms_.end(), x.begin(), x.end());
  few_.push_back({ .y = y, .terms = static_cast<std::uint32_t>(x.size()) });
  ++rows_;
  const std::size_t row_bytes = few_.size() * sizeof(FewRow) + few_terms_.size() * sizeof(FewTerm);
  if (columns_ != 0 || row_bytes > triangle(most_column_) * sizeof(double))
    sum_up_rows();
}

template <typename Take>
void LeastSquares::each_row(const Take &take) const
{
  std::span<const FewTerm> rest{ few_terms_ };
  for (const FewRow &row : few_) {
    take(rest.first(row.terms), row.y);
    rest = rest.subspan(row.terms);
  }
}

void LeastSquares::merge(const LeastSquares &other)
{
  other.each_row([this](std::span<const FewTerm> x, double y) { keep(x, y); });
  rows_ += other.rows_ - other.few_.size();
  if (other.columns_ == 0)
    return;
  sum_up_rows();
  most_column_ = std::max(most_column_, other.most_column_);
  widen(other.columns_);
  for (std::size_t i = 0; i < other.xx_.size(); ++i)
    xx_[i] += other.xx_[i];
  for (std::size_t i = 0; i < other.columns_; ++i)
    xy_[i] += other.xy_[i];
  yy_ += other.yy_;
}

void LeastSquares::fold(std::size_t from, std::size_t to)
{
  if (from >= most_column_ || from == to)
    return;
  most_column_ = std::max(most_column_, to + 1);
  fold_rows(static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(to));
  if (from >= columns_)
    return;
  widen(to + 1);
  const double both = xx(from, to);
  const double own = xx(from, from);
  for (std::size_t i = 0; i < columns_; ++i) {
    if (i == from || i == to)
      continue;
    xx(to, i) += xx(from, i);
    xx(from, i) = 0;
  }
  xx(to, to) += 2 * both + own;
  xx(from, to) = 0;
  xx(from, from) = 0;
  xy_[to] += xy_[from];
  xy_[from] = 0;
}

std::vector<Coefficient> LeastSquares::solve(Holds holds) const
{
  const Equations sums = equations();
  const std::size_t n = sums.size();
  if (n == 0 || rows_ <= n)
    return {};
  const Cholesky factors(with_ridge(sums.matrix, n), n);
  const std::vector<double> b = factors.solve(sums.right);

  // |y - Xb|^2 = y'y - 2 b'X'y + b'X'X b
  double residual = sums.yy;
  for (std::size_t i = 0; i < n; ++i) {
    residual -= 2 * b[i] * sums.right[i];
    for (std::size_t j = 0; j < n; ++j)
      residual += b[i] * b[j] * sums.at(i, j);
  }
  const double variance = std::max(0.0, residual) / static_cast<double>(rows_ - n);
  const double reach = interval_reach(holds == Holds::together ? n : 1, rows_ - n);

  std::vector<Coefficient> coefficients(most_column_);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> unit(n, 0.0);
    unit[i] = 1;
    const double error = std::sqrt(variance * factors.solve(std::move(unit))[i]);
    coefficients[sums.used[i]] = { .value = b[i],
                                   .low = b[i] - reach * error,
                                   .high = b[i] + reach * error };
  }
  return coefficients;
}

std::vector<double> LeastSquares::solve_values() const
{
  const Equations sums = equations();
  const std::size_t n = sums.size();
  if (n == 0 || rows_ <= n)
    return {};
  const std::vector<double> b = Cholesky(with_ridge(sums.matrix, n), n).solve(sums.right);
  std::vector<double> values(most_column_);
  for (std::size_t i = 0; i < n; ++i)
    values[sums.used[i]] = b[i];
  return values;
}

std::size_t LeastSquares::held_bytes() const
{
  return few_.capacity() * sizeof(FewRow) + few_terms_.capacity() * sizeof(FewTerm) +
         (xx_.capacity() + xy_.capacity()) * sizeof(double);
}

LeastSquares::Equations LeastSquares::equations() const
{
  LeastSquares summed = *this;
  summed.sum_up_rows();
  Equations sums{ .yy = summed.yy_ };
  for (std::size_t i = 0; i < summed.columns_; ++i) {
    if (summed.xx(i, i) > 0)
      sums.used.push_back(i);
  }
  const std::size_t n = sums.size();
  sums.matrix.reserve(n * n);
  sums.right.reserve(n);
  for (const std::size_t i : sums.used) {
    for (const std::size_t j : sums.used)
      sums.matrix.push_back(summed.xx(i, j));
    sums.right.push_back(summed.xy_[i]);
  }
  return sums;
}

void LeastSquares::sum_up_rows()
{
  widen(most_column_);
  each_row([this](std::span<const FewTerm> x, double y) { sum_up(x, y); });
  few_ = {};
  few_terms_ = {};
}

void LeastSquares::sum_up(std::span<const FewTerm> x, double y)
{
  for (const FewTerm &left : x) {
    const double value = left.value;
    for (const FewTerm &right : x) {
      if (right.column <= left.column)
        xx(left.column, right.column) += value * right.value;
    }
    xy_[left.column] += value * y;
  }
  yy_ += y * y;
}

void LeastSquares::fold_rows(std::uint32_t from, std::uint32_t to)
{
  const std::vector<FewRow> rows = std::exchange(few_, {});
  const std::vector<FewTerm> terms = std::exchange(few_terms_, {});
  few_.reserve(rows.size());
  few_terms_.reserve(terms.size());
  std::span<const FewTerm> rest{ terms };
  for (const FewRow &row : rows) {
    const std::size_t begin = few_terms_.size();
    float both = 0;
    for (const FewTerm &term : rest.first(row.terms)) {
      if (term.column == from || term.column == to)
        both += term.value;
      else
        few_terms_.push_back(term);
    }
    if (both != 0)
      few_terms_.push_back({ .column = to, .value = both });
    few_.push_back({ .y = row.y, .terms = static_cast<std::uint32_t>(few_terms_.size() - begin) });
    rest = rest.subspan(row.terms);
  }
}

void LeastSquares::widen(std::size_t columns)
{
  if (columns <= columns_)
    return;
  xx_.reserve(triangle(columns)); // no more than that
  xx_.resize(triangle(columns), 0.0);
  xy_.resize(columns, 0.0);
  columns_ = columns;
}

double &LeastSquares::xx(std::size_t row, std::size_t column)
{
  return xx_[triangle(std::max(row, column)) + std::min(row, column)];
}

double LeastSquares::xx(std::size_t row, std::size_t column) const
{
  return xx_[triangle(std::max(row, column)) + std::min(row, column)];
}

} // namespace linger::domain
