// A claim about a server, with the measurements that it rests on and what to change.

#pragma once

#include "domain/time.h"

#include <cstdint>
#include <string>
#include <vector>

namespace linger::domain {

enum class Severity { info, warning, critical };

/// "warning".
[[nodiscard]] constexpr const char *name_of(Severity severity)
{
  switch (severity) {
    case Severity::info:
      return "info";
    case Severity::warning:
      return "warning";
    case Severity::critical:
      return "critical";
  }
  return "";
}

/// One measurement a finding rests on.
struct Measurement {
  std::string name;
  double value = 0;
  std::string unit;
  /// The figure for people: "81.3 ms".
  std::string text;
};

/// What the trouble costs, and so what putting it right would give; 0 where nothing of the kind was
/// measured.
struct Effect {
  /// Requests' time that goes by because of it: as many requests are kept waiting on average.
  double request_seconds_per_second = 0;
  /// Of the whole server.
  double bytes_per_hour = 0;
  /// Requests without a response, or with an error of the server's.
  double requests_lost_per_hour = 0;

  bool operator==(const Effect &) const = default;
};

struct Finding {
  /// The same for the same rule, server and endpoint.
  std::string id;
  std::string rule;
  Severity severity = Severity::info;
  /// One sentence, no period.
  std::string title;
  std::string detail;
  std::vector<Measurement> evidence;
  std::string remedy;
  std::vector<std::string> endpoints;
  std::vector<std::uint32_t> workers;
  std::uint32_t server = 0;
  Effect effect;
  /// The ids of findings of the same report that cause this one; set by diagnose/explain.h.
  std::vector<std::string> explained_by;
  MonotonicTime first_seen;
  MonotonicTime last_seen;
};

} // namespace linger::domain
