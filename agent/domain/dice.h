// Chance that comes out the same every time and everywhere.

#pragma once

#include <cstddef>
#include <cstdint>
#include <random>

namespace linger::domain {

/// The standard's generator, whose numbers are fixed, without the standard's distributions, whose
/// numbers are not. Not thread-safe.
class Dice {
public:
  explicit Dice(std::uint64_t seed) : numbers_(seed) {}

  /// From 0 to `sides` - 1, each as likely as the others to within 2^-32 of it.
  [[nodiscard]] std::size_t roll(std::size_t sides)
  {
    return static_cast<std::size_t>(((numbers_() >> 32U) * std::uint64_t{ sides }) >> 32U);
  }

private:
  std::mt19937_64 numbers_;
};

} // namespace linger::domain
