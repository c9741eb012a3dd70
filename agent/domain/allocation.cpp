#include "domain/allocation.h"

#include <algorithm>
#include <boost/math/distributions/chi_squared.hpp>
#include <cmath>

namespace linger::domain {
namespace {

/// The chance that one of its bytes was sampled.
double chance(const Allocation &allocation)
{
  if (allocation.interval_bytes == 0)
    return 1;
  return -std::expm1(-static_cast<double>(allocation.bytes) /
                     static_cast<double>(allocation.interval_bytes));
}

double chi_squared_quantile(double degrees_of_freedom, double probability)
{
  // Beyond this the distribution is normal to the last digit, and its quantile slow to find.
  constexpr double most_degrees = 1e9;
  const boost::math::chi_squared_distribution<double> distribution(
      std::min(degrees_of_freedom, most_degrees));
  return boost::math::quantile(distribution, probability) /
         std::min(degrees_of_freedom, most_degrees);
}

} // namespace

double represented_count(const Allocation &allocation)
{
  return allocation.bytes == 0 ? 0 : 1 / chance(allocation);
}

double represented_bytes(const Allocation &allocation)
{
  return static_cast<double>(allocation.bytes) * represented_count(allocation);
}

double sampling_variance(const Allocation &allocation)
{
  const double bytes = represented_bytes(allocation);
  return bytes * bytes * (1 - chance(allocation));
}

// Fay and Feuer's bounds for a weighted sum of Poisson counts (Statistics in Medicine 16, 1997):
// gamma distributions with the sum's mean and variance, the upper one as if one more allocation of
// the greatest weight had been seen. So nothing seen still bounds what there may be.
Bounds sampled_sum_bounds(double sum_bytes, double variance, double interval_bytes, double error)
{
  const double more = sum_bytes + interval_bytes;
  const double more_variance = variance + interval_bytes * interval_bytes;
  Bounds bounds{ .low = sum_bytes, .high = more };
  if (sum_bytes > 0 && variance > 0)
    bounds.low = sum_bytes * chi_squared_quantile(2 * sum_bytes * sum_bytes / variance, error / 2);
  if (more > 0 && more_variance > 0)
    bounds.high = more * chi_squared_quantile(2 * more * more / more_variance, 1 - error / 2);
  return bounds;
}

} // namespace linger::domain
