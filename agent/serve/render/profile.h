// Profiles in the formats of the tools that draw them: docs/design/profiles.md.

#pragma once

#include "base/result.h"
#include "domain/profile.h"

#include <optional>
#include <string>
#include <string_view>

namespace linger::serve {

enum class ProfileFormat {
  /// Protobuf, compressed: for `go tool pprof`, Grafana, Perfetto's and others' viewers.
  pprof,
  /// A line a stack, with the main value behind it: for flamegraph.pl.
  folded,
  /// JSON, for speedscope.app.
  speedscope,
  /// A page with a flame graph, which fetches nothing and runs no script: for a browser.
  html,
};

[[nodiscard]] std::optional<ProfileFormat> profile_format_named(std::string_view name);

/// The contents of a file. The same profile gives the same bytes.
[[nodiscard]] Result<std::string> profile_file(const domain::Profile &profile,
                                               ProfileFormat format);

// One a format, as profile_file() calls them.
[[nodiscard]] Result<std::string> pprof_file(const domain::Profile &profile);
[[nodiscard]] std::string folded_file(const domain::Profile &profile);
[[nodiscard]] Result<std::string> speedscope_file(const domain::Profile &profile);
[[nodiscard]] std::string html_file(const domain::Profile &profile);

} // namespace linger::serve
