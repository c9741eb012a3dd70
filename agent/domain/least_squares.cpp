#include "domain/least_squares.h"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace linger::domain {
namespace {

// Small against any real spread of a column, large against rounding: two columns that are the same
// get an interval ten thousand times as wide, not a division by zero.
constexpr double ridge = 1e-8;

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

void LeastSquares::add(const std::vector<Term> &x, double y)
{
  for (const Term &term : x)
    widen(term.column + 1);
  for (const Term &left : x) {
    for (const Term &right : x)
      xx(left.column, right.column) += left.value * right.value;
    xy_[left.column] += left.value * y;
  }
  yy_ += y * y;
  ++rows_;
}

void LeastSquares::merge(const LeastSquares &other)
{
  widen(other.columns_);
  for (std::size_t i = 0; i < other.columns_; ++i) {
    for (std::size_t j = 0; j < other.columns_; ++j)
      xx(i, j) += other.xx(i, j);
    xy_[i] += other.xy_[i];
  }
  yy_ += other.yy_;
  rows_ += other.rows_;
}

void LeastSquares::fold(std::size_t from, std::size_t to)
{
  if (from >= columns_ || from == to)
    return;
  widen(to + 1);
  for (std::size_t i = 0; i < columns_; ++i) {
    xx(to, i) += xx(from, i);
    xx(from, i) = 0;
  }
  for (std::size_t i = 0; i < columns_; ++i) {
    xx(i, to) += xx(i, from);
    xx(i, from) = 0;
  }
  xy_[to] += xy_[from];
  xy_[from] = 0;
}

std::vector<Coefficient> LeastSquares::solve(Holds holds) const
{
  std::vector<std::size_t> used;
  for (std::size_t i = 0; i < columns_; ++i) {
    if (xx(i, i) > 0)
      used.push_back(i);
  }
  const std::size_t n = used.size();
  if (n == 0 || rows_ <= n)
    return {};

  std::vector<double> matrix(n * n);
  std::vector<double> right(n);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j)
      matrix[i * n + j] = xx(used[i], used[j]) * (i == j ? 1 + ridge : 1);
    right[i] = xy_[used[i]];
  }
  const Cholesky factors(std::move(matrix), n);
  const std::vector<double> b = factors.solve(right);

  // |y - Xb|^2 = y'y - 2 b'X'y + b'X'X b
  double residual = yy_;
  for (std::size_t i = 0; i < n; ++i) {
    residual -= 2 * b[i] * right[i];
    for (std::size_t j = 0; j < n; ++j)
      residual += b[i] * b[j] * xx(used[i], used[j]);
  }
  const double variance = std::max(0.0, residual) / static_cast<double>(rows_ - n);
  const double reach = interval_reach(holds == Holds::together ? n : 1, rows_ - n);

  std::vector<Coefficient> coefficients(columns_);
  for (std::size_t i = 0; i < n; ++i) {
    std::vector<double> unit(n, 0.0);
    unit[i] = 1;
    const double error = std::sqrt(variance * factors.solve(std::move(unit))[i]);
    coefficients[used[i]] = { .value = b[i],
                              .low = b[i] - reach * error,
                              .high = b[i] + reach * error };
  }
  return coefficients;
}

void LeastSquares::widen(std::size_t columns)
{
  if (columns <= columns_)
    return;
  std::vector<double> wider(columns * columns, 0.0);
  for (std::size_t i = 0; i < columns_; ++i) {
    for (std::size_t j = 0; j < columns_; ++j)
      wider[i * columns + j] = xx(i, j);
  }
  xx_ = std::move(wider);
  xy_.resize(columns, 0.0);
  columns_ = columns;
}

double &LeastSquares::xx(std::size_t row, std::size_t column)
{
  return xx_[row * columns_ + column];
}

double LeastSquares::xx(std::size_t row, std::size_t column) const
{
  return xx_[row * columns_ + column];
}

} // namespace linger::domain
