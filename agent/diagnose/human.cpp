#include "diagnose/human.h"

#include <array>
#include <cmath>
#include <fmt/format.h>

namespace linger::diagnose {
namespace {

/// Three significant digits of a figure from 0 to 1,023.
std::string three_digits(double value)
{
  if (value < 9.995)
    return fmt::format("{:.2f}", value);
  if (value < 99.95)
    return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

/// The largest unit that leaves at least 1. Units below the first are whole.
template <std::size_t count>
std::string scaled(double value, double step, const std::array<const char *, count> &units)
{
  const char *sign = value < 0 ? "-" : "";
  double magnitude = std::abs(value);
  std::size_t unit = 0;
  // What would be shown as 1000 of a unit is shown as 1 of the next.
  while (unit + 1 < units.size() && magnitude >= step - 0.5) {
    magnitude /= step;
    ++unit;
  }
  const std::string figure = unit == 0 ? fmt::format("{:.0f}", magnitude) : three_digits(magnitude);
  return fmt::format("{}{} {}", sign, figure, units[unit]);
}

} // namespace

std::string human_time(domain::Nanos time)
{
  constexpr std::array<const char *, 4> units{ "ns", "us", "ms", "s" };
  return scaled(static_cast<double>(time.count()), 1000, units);
}

std::string human_bytes(double bytes)
{
  constexpr std::array<const char *, 5> units{ "B", "KiB", "MiB", "GiB", "TiB" };
  return scaled(bytes, 1024, units);
}

std::string human_share(double ratio)
{
  const double percent = ratio * 100;
  if (percent > 0 && percent < 0.95)
    return fmt::format("{:.1f} %", percent);
  return fmt::format("{:.0f} %", percent);
}

} // namespace linger::diagnose
