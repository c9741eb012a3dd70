#include "serve/convert_profile.h"

#include "serve/duration_field.h"
#include "serve/escape.h"

#include <algorithm>
#include <google/protobuf/util/time_util.h>

namespace linger::serve {

using namespace std::chrono_literals;

v1::ProfileKind to_proto(domain::ProfileKind kind)
{
  switch (kind) {
    case domain::ProfileKind::blocked:
      return v1::PROFILE_KIND_BLOCKED;
    case domain::ProfileKind::on_cpu:
      return v1::PROFILE_KIND_ON_CPU;
    case domain::ProfileKind::allocated:
      return v1::PROFILE_KIND_ALLOCATED;
    case domain::ProfileKind::retained:
      return v1::PROFILE_KIND_RETAINED;
  }
  return v1::PROFILE_KIND_UNSPECIFIED;
}

v1::ProfileFormat to_proto(ProfileFormat format)
{
  switch (format) {
    case ProfileFormat::pprof:
      return v1::PROFILE_FORMAT_PPROF;
    case ProfileFormat::folded:
      return v1::PROFILE_FORMAT_FOLDED;
    case ProfileFormat::speedscope:
      return v1::PROFILE_FORMAT_SPEEDSCOPE;
    case ProfileFormat::html:
      return v1::PROFILE_FORMAT_HTML;
  }
  return v1::PROFILE_FORMAT_UNSPECIFIED;
}

v1::AllocationTracing to_proto(const domain::AllocationQuery &query)
{
  v1::AllocationTracing tracing;
  tracing.set_interval_bytes(query.interval_bytes);
  *tracing.mutable_settle() =
      google::protobuf::util::TimeUtil::NanosecondsToDuration(query.settle.after.count());
  tracing.set_budget_percent(query.budget_share * 100);
  return tracing;
}

Result<domain::ProfileKind> kind_of(v1::ProfileKind kind)
{
  switch (kind) {
    case v1::PROFILE_KIND_BLOCKED:
      return domain::ProfileKind::blocked;
    case v1::PROFILE_KIND_ON_CPU:
      return domain::ProfileKind::on_cpu;
    case v1::PROFILE_KIND_ALLOCATED:
      return domain::ProfileKind::allocated;
    case v1::PROFILE_KIND_RETAINED:
      return domain::ProfileKind::retained;
    default:
      return failure(Error::Kind::usage, "kind: neither blocked, on-cpu, allocated nor retained");
  }
}

Result<ProfileFormat> format_of(v1::ProfileFormat format)
{
  switch (format) {
    case v1::PROFILE_FORMAT_UNSPECIFIED:
    case v1::PROFILE_FORMAT_PPROF:
      return ProfileFormat::pprof;
    case v1::PROFILE_FORMAT_FOLDED:
      return ProfileFormat::folded;
    case v1::PROFILE_FORMAT_SPEEDSCOPE:
      return ProfileFormat::speedscope;
    case v1::PROFILE_FORMAT_HTML:
      return ProfileFormat::html;
    default:
      return failure(Error::Kind::usage, "format: neither pprof, folded, speedscope nor html");
  }
}

Result<domain::AllocationQuery> tracing_of(const v1::AllocationTracing &tracing)
{
  constexpr std::uint64_t most_interval_bytes = 1ULL << 30;
  constexpr double most_percent = 100;
  domain::AllocationQuery query;
  if (tracing.interval_bytes() > most_interval_bytes)
    return failure(Error::Kind::usage, "allocations.interval_bytes: more than 1 GiB");
  if (tracing.interval_bytes() != 0)
    query.interval_bytes = tracing.interval_bytes();
  if (tracing.has_settle()) {
    const auto settle = span_in(tracing.settle(), "allocations.settle", 0s, 1h);
    if (!settle)
      return tl::unexpected(settle.error());
    query.settle.after = *settle;
  }
  const double percent = tracing.budget_percent();
  if (!(percent >= 0 && percent <= most_percent))
    return failure(Error::Kind::usage, "allocations.budget_percent: not from 0 to 100");
  if (percent != 0)
    query.budget_share = percent / 100;
  return query;
}

v1::TracedLine traced_line_of(const domain::ProfileSample &sample)
{
  const auto value = [&](std::size_t at) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, sample.values.at(at)));
  };
  v1::TracedLine line;
  line.set_server(sample.server);
  line.set_worker(sample.worker);
  line.set_endpoint(valid_utf8(sample.endpoint));
  line.set_code(valid_utf8(sample.code));
  line.set_allocated_objects(value(0));
  line.set_allocated_bytes(value(1));
  line.set_retained_objects(value(2));
  line.set_retained_bytes(value(3));
  return line;
}

} // namespace linger::serve
