// Durations of the command line.

#include "app/duration.h"
#include "fuzz/property.h"

#include <array>

namespace {

using namespace linger;
using namespace linger::fuzz;
using namespace std::chrono_literals;

/// A whole number and its unit; less than any of the limits below.
void check_whole_number(std::uint64_t number)
{
  number = number % 3'000 + 1;
  const std::string digits = std::to_string(number);
  const auto count = static_cast<std::int64_t>(number);
  must(app::parse_duration(digits + "ms", 24h) == count * 1ms, "milliseconds are read");
  must(app::parse_duration(digits + ".5ms", 24h) == count * 1ms + 500us, "halves are read");
  must(app::parse_duration(digits + "s", 24h) == count * 1s, "seconds are read");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
  const std::string_view text = text_of(data, size);
  constexpr std::array<domain::Nanos, 3> limits{ 1ms, 24h, domain::Nanos::max() };
  for (const domain::Nanos limit : limits) {
    const auto parsed = app::parse_duration(text, limit);
    if (!parsed) {
      must(parsed.error().kind == Error::Kind::usage, "a bad duration is wrong usage");
      continue;
    }
    must(*parsed > 0ns && *parsed <= limit, "a duration is positive and within its limit");
    must(text.find_first_not_of("0123456789.umsh") == text.npos, "a duration has digits and unit");
  }
  check_whole_number(record_from<std::uint64_t>(data, size));
  return 0;
}
