// What became different from one report to the next.

#pragma once

#include "linger/v1/report.pb.h"

namespace linger::serve {

/// `later` without the endpoints that are in `earlier` just the same. Most of a report are its
/// endpoints, and of many of them most are asked for rarely.
[[nodiscard]] v1::Report changes_between(const v1::Report &earlier, const v1::Report &later);

/// Whether every endpoint of `earlier` is in `later`: only then changes tell everything.
[[nodiscard]] bool keeps_endpoints(const v1::Report &earlier, const v1::Report &later);

} // namespace linger::serve
