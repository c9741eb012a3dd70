#include "serve/duration_field.h"

#include "serve/render/figures.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

namespace linger::serve {

using google::protobuf::util::TimeUtil;

Result<domain::Nanos> span_in(const google::protobuf::Duration &field, std::string_view name,
                              domain::Nanos least, domain::Nanos most)
{
  constexpr int nanos_per_second = 1'000'000'000;
  const bool whole = field.nanos() > -nanos_per_second && field.nanos() < nanos_per_second;
  // Compared in seconds first: what a message may hold is more than 64 bits of ns can.
  const std::int64_t most_seconds = std::chrono::ceil<std::chrono::seconds>(most).count();
  if (whole && field.seconds() >= 0 && field.seconds() <= most_seconds) {
    const domain::Nanos span{ TimeUtil::DurationToNanoseconds(field) };
    if (span >= least && span <= most)
      return span;
  }
  return failure(Error::Kind::usage, fmt::format("{} must be between {} and {}", name,
                                                 duration_text(least), duration_text(most)));
}

} // namespace linger::serve
