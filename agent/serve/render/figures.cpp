#include "serve/render/figures.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <fmt/format.h>
#include <limits>

namespace linger::serve {
namespace {

/// "1.23", "12.3", "123".
std::string three_digits(double value)
{
  const double size = std::fabs(value);
  return fmt::format("{:.{}f}", value, size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
}

std::tm utc_of(std::int64_t seconds)
{
  // The years that four digits can write, as protobuf promises of a Timestamp.
  const std::time_t time = std::clamp<std::int64_t>(seconds, -62'135'596'800, 253'402'300'799);
  std::tm utc{};
  ::gmtime_r(&time, &utc);
  return utc;
}

} // namespace

std::string duration_text(std::uint64_t ns)
{
  const auto value = static_cast<double>(ns);
  if (ns < 1'000)
    return fmt::format("{} ns", ns);
  if (value < 999.5e3)
    return three_digits(value / 1e3) + " us";
  if (value < 999.5e6)
    return three_digits(value / 1e6) + " ms";
  if (value < 99.95e9)
    return three_digits(value / 1e9) + " s";
  const std::uint64_t seconds = (ns + 500'000'000) / 1'000'000'000;
  if (seconds < 3600)
    return seconds % 60 == 0 ? fmt::format("{} min", seconds / 60)
                             : fmt::format("{} min {} s", seconds / 60, seconds % 60);
  const std::uint64_t minutes = (seconds + 30) / 60;
  return minutes % 60 == 0 ? fmt::format("{} h", minutes / 60)
                           : fmt::format("{} h {} min", minutes / 60, minutes % 60);
}

std::string duration_text(domain::Nanos span)
{
  return duration_text(static_cast<std::uint64_t>(std::max<std::int64_t>(span.count(), 0)));
}

std::string bytes_text(double bytes)
{
  if (!std::isfinite(bytes))
    return std::isnan(bytes) ? "unknown" : bytes > 0 ? "any amount" : "-any amount";
  if (std::fabs(bytes) < 999.5)
    return fmt::format("{:.0f} B", std::fabs(bytes) < 0.5 ? 0.0 : bytes);
  constexpr std::array<const char *, 6> units{ "KB", "MB", "GB", "TB", "PB", "EB" };
  std::size_t unit = 0;
  double value = bytes / 1000;
  while (std::fabs(value) >= 999.5 && unit + 1 < units.size()) {
    value /= 1000;
    ++unit;
  }
  return three_digits(value) + " " + units[unit];
}

std::string growth_text(double bytes)
{
  return (bytes >= 0.5 ? "+" : "") + bytes_text(bytes);
}

std::string count_text(std::uint64_t count)
{
  std::string digits = std::to_string(count);
  for (std::size_t left = digits.size(); left > 3;) {
    left -= 3;
    digits.insert(left, 1, ',');
  }
  return digits;
}

std::string counted_text(std::uint64_t count, std::string_view noun)
{
  return fmt::format("{} {}{}", count_text(count), noun, count == 1 ? "" : "s");
}

std::string percent_text(double ratio)
{
  const double percent = ratio * 100;
  if (percent > 0 && percent < 0.5)
    return "<1 %";
  return std::isfinite(percent) ? fmt::format("{:.0f} %", percent) : "unknown";
}

std::string date_text(const google::protobuf::Timestamp &time)
{
  const std::tm utc = utc_of(time.seconds());
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02} UTC", utc.tm_year + 1900, utc.tm_mon + 1,
                     utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

std::string clock_text(const google::protobuf::Timestamp &time)
{
  const std::tm utc = utc_of(time.seconds());
  return fmt::format("{:02}:{:02}:{:02}.{:03}", utc.tm_hour, utc.tm_min, utc.tm_sec,
                     std::clamp(time.nanos(), 0, 999'999'999) / 1'000'000);
}

} // namespace linger::serve
