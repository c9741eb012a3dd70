// What GetProfile and TraceAllocations say, to domain words and back.

#pragma once

#include "base/result.h"
#include "domain/allocation.h"
#include "domain/profile.h"
#include "linger/v1/diagnostics.pb.h"
#include "serve/render/profile.h"

namespace linger::serve {

[[nodiscard]] v1::ProfileKind to_proto(domain::ProfileKind kind);
[[nodiscard]] v1::ProfileFormat to_proto(ProfileFormat format);
[[nodiscard]] v1::AllocationTracing to_proto(const domain::AllocationQuery &query);

/// These fail as `usage`, with the field's name, when there is no such kind or format or a number
/// is out of range.
[[nodiscard]] Result<domain::ProfileKind> kind_of(v1::ProfileKind kind);
/// pprof where none is given.
[[nodiscard]] Result<ProfileFormat> format_of(v1::ProfileFormat format);
/// What is not given is as in a default AllocationQuery.
[[nodiscard]] Result<domain::AllocationQuery> tracing_of(const v1::AllocationTracing &tracing);

/// Of a profile of allocations, whose values are those of ProfileKind::retained.
[[nodiscard]] v1::TracedLine traced_line_of(const domain::ProfileSample &sample);

} // namespace linger::serve
