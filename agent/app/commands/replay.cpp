// linger replay: the report of a recording.

#include "app/commands/command.h"
#include "app/commands/report_output.h"
#include "diagnose/diagnose.h"
#include "domain/evidence.h"
#include "serve/convert.h"
#include "serve/recording.h"

#include <fmt/format.h>
#include <memory>

namespace linger::app {
namespace {

struct ReplayArguments {
  std::string path;
  std::string config_path;
  ReportArguments report;
};

Result<domain::Report> replay(serve::RecordingReader &reader, const Config &config)
{
  Result<domain::RouteTable> routes = domain::RouteTable::with_patterns(config.route_patterns);
  if (!routes)
    return tl::unexpected(routes.error());

  domain::Evidence evidence{ std::move(*routes) };
  while (true) {
    const Result<std::optional<domain::Observation>> next = reader.next();
    if (!next)
      return tl::unexpected(next.error());
    if (!*next)
      break;
    evidence.add(**next);
  }
  domain::Report report = evidence.report();
  diagnose::judge(report, config.thresholds);
  if (reader.skipped() > 0)
    report.coverage.gaps.push_back(fmt::format(
        "{} observations of a newer Linger were left out of this replay.", reader.skipped()));
  return report;
}

ExitStatus run_replay(const ReplayArguments &arguments, Terminal &terminal)
{
  const Result<Config> config = ProbeArguments{ .config_path = arguments.config_path }.config();
  if (!config)
    return report_error(terminal, config.error());
  Result<serve::RecordingReader> reader = serve::RecordingReader::open(arguments.path);
  if (!reader)
    return report_error(terminal, about_named_file(reader.error()));
  const Result<domain::Report> report = replay(*reader, *config);
  if (!report)
    return report_error(terminal, report.error());
  return hand_over(serve::to_proto(*report), arguments.report, terminal);
}

} // namespace

void add_replay_command(CLI::App &parent, Command &chosen)
{
  CLI::App *replay = parent.add_subcommand("replay", "The report of a recording; needs no root");
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<ReplayArguments>();
  replay->add_option("recording", arguments->path, "What `linger record` wrote")
      ->required()
      ->type_name("FILE");
  add_report_options(*replay, arguments->report);
  replay->add_option("--config", arguments->config_path, "Its [routes] and [findings] count")
      ->type_name("FILE");
  replay->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_replay(*arguments, terminal); };
  });
}

} // namespace linger::app
