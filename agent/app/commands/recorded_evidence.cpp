#include "app/commands/recorded_evidence.h"

#include "app/exit_status.h"
#include "serve/recording.h"

#include <fmt/format.h>

namespace linger::app {

Result<RecordedEvidence> read_evidence(const std::string &path, const Config &config,
                                       ReadOptions options)
{
  Result<serve::RecordingReader> reader = serve::RecordingReader::open(path);
  if (!reader)
    return tl::unexpected(about_named_file(reader.error()));
  Result<domain::RouteTable> routes = domain::RouteTable::with_patterns(config.route_patterns);
  if (!routes)
    return tl::unexpected(routes.error());

  domain::Evidence evidence{ std::move(*routes), options.profiled };
  evidence.tell_requests(std::move(options.sink));
  while (true) {
    const Result<std::optional<domain::Observation>> next = reader->next();
    if (!next)
      return tl::unexpected(next.error());
    if (!*next)
      return RecordedEvidence{ .evidence = std::move(evidence), .skipped = reader->skipped() };
    evidence.add(**next);
  }
}

std::string left_out(const RecordedEvidence &recorded)
{
  if (recorded.skipped == 0)
    return "";
  return fmt::format("{} observations of a newer Linger were left out of this replay.",
                     recorded.skipped);
}

} // namespace linger::app
