#include "app/duration.h"

#include <charconv>
#include <cmath>
#include <fmt/format.h>
#include <optional>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

std::optional<domain::Nanos> unit_named(std::string_view name)
{
  if (name == "us")
    return 1us;
  if (name == "ms")
    return 1ms;
  if (name == "s")
    return 1s;
  if (name == "m")
    return 1min;
  if (name == "h")
    return 1h;
  return std::nullopt;
}

} // namespace

Result<domain::Nanos> parse_duration(std::string_view text, domain::Nanos max)
{
  // from_chars would also take a sign, "inf" and "nan".
  const bool begins_with_digit = !text.empty() && text.front() >= '0' && text.front() <= '9';
  double number = 0;
  const auto [rest, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  const std::optional<domain::Nanos> unit =
      unit_named(text.substr(static_cast<std::size_t>(rest - text.data())));
  if (!begins_with_digit || error != std::errc{} || !unit)
    return failure(Error::Kind::usage,
                   fmt::format("'{}' is no duration: write a number and its unit, like 500ms, 30s "
                               "or 5m",
                               text));

  // Compared before the conversion: a double out of an integer's range must not be cast to it.
  const double length_ns = number * static_cast<double>(unit->count());
  if (length_ns >= 0x1p63 || std::llround(length_ns) > max.count())
    return failure(Error::Kind::usage, fmt::format("{} is too long: at most {} s", text, max / 1s));
  if (length_ns < 1)
    return failure(Error::Kind::usage, fmt::format("{} is no time at all", text));
  return domain::Nanos{ std::llround(length_ns) };
}

} // namespace linger::app
