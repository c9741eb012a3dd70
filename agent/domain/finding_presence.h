// Which findings are new, by what they say rather than by the numbers of processes.

#pragma once

#include "domain/finding.h"

#include <compare>
#include <string>
#include <string_view>
#include <vector>

namespace linger::domain {

/// What makes a finding the same one in another window, after a restart or on another host.
struct FindingIdentity {
  std::string rule;
  /// service_name() of its server.
  std::string service;
  std::vector<std::string> endpoints;

  auto operator<=>(const FindingIdentity &) const = default;
};

struct IdentifiedFinding {
  FindingIdentity identity;
  Severity severity = Severity::info;
};

enum class Presence {
  appeared, // only after
  worse,    // in both, more severe after
  unchanged,
  gone, // only before
};

/// "appeared".
[[nodiscard]] const char *name_of(Presence presence);

/// Of each of `after`: appeared, worse or unchanged. What is in both counts as unchanged when it
/// became less severe.
[[nodiscard]] std::vector<Presence> presences(const std::vector<IdentifiedFinding> &before,
                                              const std::vector<IdentifiedFinding> &after);

/// The name under which a server is found again: its application, else its kind.
[[nodiscard]] std::string service_name(std::string_view kind, std::string_view app);

/// Whether each side serves one service only, so that they are each other's whatever their names.
[[nodiscard]] bool are_alone(const std::vector<std::string> &before,
                             const std::vector<std::string> &after);

} // namespace linger::domain
