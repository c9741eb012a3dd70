#include "domain/profile.h"

#include <array>
#include <utility>

namespace linger::domain {
namespace {

constexpr std::array<std::pair<ProfileKind, std::string_view>, 4> names{ {
    { ProfileKind::blocked, "blocked" },
    { ProfileKind::on_cpu, "on-cpu" },
    { ProfileKind::allocated, "allocated" },
    { ProfileKind::retained, "retained" },
} };

} // namespace

std::string_view name_of(ProfileKind kind)
{
  for (const auto &[known, name] : names) {
    if (known == kind)
      return name;
  }
  return "";
}

std::optional<ProfileKind> profile_kind_named(std::string_view name)
{
  for (const auto &[kind, known] : names) {
    if (known == name)
      return kind;
  }
  return std::nullopt;
}

bool needs_allocations(ProfileKind kind)
{
  return kind == ProfileKind::allocated || kind == ProfileKind::retained;
}

std::vector<ProfileValue> values_of(ProfileKind kind)
{
  switch (kind) {
    case ProfileKind::blocked:
      return { { "waits", "count" }, { "blocked", "nanoseconds" } };
    case ProfileKind::on_cpu:
      return { { "samples", "count" }, { "cpu", "nanoseconds" } };
    case ProfileKind::allocated:
    case ProfileKind::retained:
      return { { "alloc_objects", "count" },
               { "alloc_space", "bytes" },
               { "retained_objects", "count" },
               { "retained_space", "bytes" } };
  }
  return {};
}

std::size_t main_value_of(ProfileKind kind)
{
  return kind == ProfileKind::retained ? 3 : 1;
}

} // namespace linger::domain
