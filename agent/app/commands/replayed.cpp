#include "app/commands/replayed.h"

#include "app/commands/recorded_evidence.h"
#include "diagnose/diagnose.h"

#include <utility>

namespace linger::app {

Result<domain::Report> replayed(const std::string &path, const Config &config,
                                domain::RequestSink sink)
{
  Result<RecordedEvidence> recorded = read_evidence(path, config, { .sink = std::move(sink) });
  if (!recorded)
    return tl::unexpected(recorded.error());
  domain::Report report = recorded->evidence.report();
  recorded->evidence.finish(); // for the sink
  diagnose::judge(report, config.thresholds);
  if (const std::string gap = left_out(*recorded); !gap.empty())
    report.coverage.gaps.push_back(gap);
  return report;
}

} // namespace linger::app
