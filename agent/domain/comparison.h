// Two recordings beside each other. The words are those of proto/linger/v1/comparison.proto, where
// each field's meaning and unit stand.

#pragma once

#include "domain/block_bootstrap.h"
#include "domain/cause.h"
#include "domain/finding.h"
#include "domain/finding_presence.h"
#include "domain/report.h"
#include "domain/request_series.h"
#include "domain/time.h"

#include <cstdint>
#include <string>
#include <vector>

namespace linger::domain {

/// One recording, replayed: its report with findings, and its requests.
struct Recorded {
  Report report;
  SeriesByEndpoint series;
};

/// What an endpoint may lose without anybody being told: a request may take longer by this part, or
/// by this time where that is more.
struct Tolerance {
  double ratio = 0.1;
  Nanos time = std::chrono::milliseconds{ 1 };
};

/// A figure on both sides; 95 % bounds of the difference.
struct Shift {
  double before = 0;
  double after = 0;
  Interval difference;
};

enum class Aspect { typical_latency, tail_latency, errors, retained_memory };

/// A change that chance does not explain.
struct Change {
  Aspect aspect = Aspect::typical_latency;
  /// Only of changes for the worse.
  Severity severity = Severity::warning;
  /// Adjusted for all that was asked of all endpoints; 0 for memory, which is judged by its bounds.
  double p_value = 0;
};

/// Mean time of a request, in ns.
struct CauseShift {
  Cause cause = Cause::other;
  Shift mean_ns;
};

struct MemoryShift {
  /// Where the two were measured in different ways, nothing can be said.
  MemoryTier before_tier = MemoryTier::none;
  MemoryTier after_tier = MemoryTier::none;
  double before_bytes = 0;
  Interval before;
  double after_bytes = 0;
  Interval after;
};

enum class Verdict { not_compared, unchanged, improved, regressed, appeared, gone };

struct EndpointComparison {
  std::string service;
  std::string method;
  std::string route;
  Verdict verdict = Verdict::not_compared;
  /// What is to be said about it, a sentence each.
  std::vector<std::string> sentences;
  std::vector<Change> regressions;
  std::vector<Change> improvements;
  std::uint64_t requests_before = 0;
  std::uint64_t requests_after = 0;
  std::uint64_t errors_before = 0;
  std::uint64_t errors_after = 0;
  Shift p50_ns;
  Shift p95_ns;
  Shift mean_ns;
  /// The most changed first.
  std::vector<CauseShift> causes;
  /// Of all pairs of a request before and one after: where the one after is slower.
  double slower_share = 0.5;
  MemoryShift memory;
  Nanos block_length{};
  std::uint32_t blocks_before = 0;
  std::uint32_t blocks_after = 0;
  /// Blocks that long still resemble their neighbours.
  bool correlated = false;
};

struct FindingChange {
  Presence presence = Presence::appeared;
  /// As it is after; as it was, where it is gone.
  Finding finding;
};

struct Comparison {
  /// The reports they rest on, for their windows and their coverage.
  Report before;
  Report after;
  Tolerance tolerance;
  /// The regressed first, then the improved; among them the most time added or saved first.
  std::vector<EndpointComparison> endpoints;
  /// New and worse ones first.
  std::vector<FindingChange> findings;
  /// What could not be compared and why.
  std::vector<std::string> gaps;
};

} // namespace linger::domain
