// Where time went or memory stayed, by endpoint, worker and line: what the tools that draw profiles
// take. Like a report, it is a function of the observations alone.

#pragma once

#include "domain/cause.h"
#include "domain/time.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace linger::domain {

enum class ProfileKind {
  /// All time of requests that was not on a CPU.
  blocked,
  on_cpu,
  /// What requests allocated, and what of it they kept. Both need allocations to be traced.
  allocated,
  retained,
};

/// "on-cpu".
[[nodiscard]] std::string_view name_of(ProfileKind kind);
[[nodiscard]] std::optional<ProfileKind> profile_kind_named(std::string_view name);
/// Whether it is made of allocations that were traced.
[[nodiscard]] bool needs_allocations(ProfileKind kind);

/// What one of the values of every sample counts.
struct ProfileValue {
  std::string_view name;
  /// "count", "nanoseconds" or "bytes".
  std::string_view unit;

  bool operator==(const ProfileValue &) const = default;
};

/// What requests of one endpoint spent or took in one worker in one way.
struct ProfileSample {
  /// master_tgid.
  std::uint32_t server = 0;
  /// "GET /report/{}".
  std::string endpoint;
  std::uint32_t worker = 0;
  /// The application's line, "shop/checkout.py:31 in charge". Empty when not known.
  std::string code;
  /// Of time: its cause, what was waited on and what was asked, as in SiteReport.
  std::optional<Cause> cause;
  std::string what;
  std::string statement;
  /// As many as Profile::values, in its order.
  std::vector<std::int64_t> values;

  bool operator==(const ProfileSample &) const = default;
};

struct Profile {
  ProfileKind kind = ProfileKind::blocked;
  ClockAnchor clock;
  TimeWindow window;
  std::vector<ProfileValue> values;
  /// The one of `values` that the kind is about.
  std::size_t main_value = 0;
  /// The most of the main value first.
  std::vector<ProfileSample> samples;
  /// What has to be known to read it, one sentence each.
  std::vector<std::string> notes;
};

/// The values of every sample of this kind, and the place of the one that it is about.
[[nodiscard]] std::vector<ProfileValue> values_of(ProfileKind kind);
[[nodiscard]] std::size_t main_value_of(ProfileKind kind);

/// What is left of a cause when everything that has a site is taken off: waits shorter than the
/// threshold, lines that were not sampled.
inline constexpr std::string_view rest_of_blocked = "(waits too short to be looked at)";
inline constexpr std::string_view rest_of_on_cpu = "(not sampled)";

} // namespace linger::domain
