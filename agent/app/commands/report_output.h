// What is done with a finished report.

#pragma once

#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "domain/timeline.h"
#include "serve/convert.h"

#include <optional>
#include <string>

namespace linger::app {

/// The report of the recording named by --baseline; nothing where none is.
[[nodiscard]] Result<std::optional<v1::Report>> baseline_of(const ReportArguments &arguments,
                                                            const Config &config);

/// What there is to hand over.
struct ReportResult {
  v1::Report report;
  /// Nothing where single requests are not known.
  std::optional<domain::Timeline> timeline;
  /// Of --baseline.
  std::optional<v1::Report> baseline;
};

/// Prints the report or writes it to the file asked for, and compares it with --fail-on: all its
/// findings, or those that the baseline has not. Names the latter on standard error.
[[nodiscard]] ExitStatus hand_over(const ReportResult &result, const ReportArguments &arguments,
                                   Terminal &terminal);

/// A sink for the page's timeline in `timeline`, which must outlive it; none where another format
/// is asked for.
[[nodiscard]] domain::RequestSink timeline_sink(domain::Timeline &timeline, Format format);

} // namespace linger::app
