#include "app/replayed.h"

#include "app/exit_status.h"
#include "diagnose/diagnose.h"
#include "serve/recording.h"

#include <fmt/format.h>
#include <utility>

namespace linger::app {

Result<domain::Report> replayed(const std::string &path, const Config &config,
                                domain::RequestSink sink)
{
  Result<serve::RecordingReader> reader = serve::RecordingReader::open(path);
  if (!reader)
    return tl::unexpected(about_named_file(reader.error()));
  Result<domain::RouteTable> routes = domain::RouteTable::with_patterns(config.route_patterns);
  if (!routes)
    return tl::unexpected(routes.error());

  domain::Evidence evidence{ std::move(*routes) };
  evidence.tell_requests(std::move(sink));
  while (true) {
    const Result<std::optional<domain::Observation>> next = reader->next();
    if (!next)
      return tl::unexpected(next.error());
    if (!*next)
      break;
    evidence.add(**next);
  }
  domain::Report report = evidence.report();
  evidence.finish(); // for the sink
  report.findings = diagnose::diagnose(report, config.thresholds);
  if (reader->skipped() > 0)
    report.coverage.gaps.push_back(fmt::format(
        "{} observations of a newer Linger were left out of this replay.", reader->skipped()));
  return report;
}

} // namespace linger::app
