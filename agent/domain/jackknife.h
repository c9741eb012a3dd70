// How much an estimate owes to one moment.

#pragma once

#include "domain/least_squares.h"

#include <vector>

namespace linger::domain {

/// Solves for the sum of `groups`, which are the rows of successive times. The intervals are those
/// of LeastSquares::solve(), or wider where the estimate changes much as one group or another is
/// left out (the delete-a-group jackknife): a worker may take a megabyte at once that has nothing
/// to do with the requests of that moment, and rows of one time may err together. Empty when there
/// are too few rows.
[[nodiscard]] std::vector<Coefficient> solve_jackknifed(const std::vector<LeastSquares> &groups,
                                                        LeastSquares::Holds holds);

[[nodiscard]] LeastSquares sum_of(const std::vector<LeastSquares> &groups);

} // namespace linger::domain
