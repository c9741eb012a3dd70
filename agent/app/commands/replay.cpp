// linger replay: the report of a recording.

#include "app/commands/command.h"
#include "app/commands/replayed.h"
#include "app/commands/report_output.h"
#include "app/interrupts.h"
#include "serve/convert.h"
#include "serve/page/recording_server.h"

#include <fmt/format.h>
#include <memory>
#include <thread>

namespace linger::app {
namespace {

struct ReplayArguments {
  std::string path;
  std::string config_path;
  ReportArguments report;
  bool serve = false;
  std::string http = "127.0.0.1:0";
};

/// The page, until Ctrl-C.
ExitStatus serve_replay(const ReplayArguments &arguments, const Config &config, Terminal &terminal)
{
  const Interrupts interrupts;
  serve::RecordedWorkers workers;
  const Result<domain::Report> report =
      replayed(arguments.path, config,
               [&workers](const domain::CountedRequest &counted) { workers.add(counted); });
  if (!report)
    return report_error(terminal, report.error());
  const Result<serve::RecordingServer> server =
      serve::RecordingServer::start(arguments.http, serve::to_proto(*report), std::move(workers));
  if (!server)
    return report_error(terminal, server.error());
  if (const Result<> written = write_out(fmt::format("http://{}/\n", server->address()), terminal);
      !written)
    return report_error(terminal, written.error());
  while (!interrupts.seen())
    std::this_thread::sleep_for(std::chrono::milliseconds{ 100 });
  return ExitStatus::done;
}

ExitStatus run_replay(const ReplayArguments &arguments, Terminal &terminal)
{
  const Result<Config> config = ProbeArguments{ .config_path = arguments.config_path }.config();
  if (!config)
    return report_error(terminal, config.error());
  if (arguments.serve)
    return serve_replay(arguments, *config, terminal);
  Result<std::optional<v1::Report>> baseline = baseline_of(arguments.report, *config);
  if (!baseline)
    return report_error(terminal, baseline.error());
  domain::Timeline timeline;
  const Result<domain::Report> report =
      replayed(arguments.path, *config, timeline_sink(timeline, arguments.report.format));
  if (!report)
    return report_error(terminal, report.error());
  return hand_over({ .report = serve::to_proto(*report),
                     .timeline = std::move(timeline),
                     .baseline = std::move(*baseline) },
                   arguments.report, terminal);
}

constexpr const char *examples = R"(Examples:
  linger replay slow.linger                                       the report that diagnose prints
  linger replay slow.linger --format html --output slow.html      as one page)";

} // namespace

void add_replay_command(CLI::App &parent, Command &chosen)
{
  CLI::App *replay = parent.add_subcommand("replay", "The report of a recording; needs no root");
  replay->footer(examples);
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<ReplayArguments>();
  replay->add_option("recording", arguments->path, "What `linger record` wrote")
      ->required()
      ->type_name("FILE");
  add_report_options(*replay, arguments->report);
  replay->add_option("--config", arguments->config_path, "Its [routes] and [findings] count")
      ->type_name("FILE");
  CLI::Option *serve = replay->add_flag(
      "--serve", arguments->serve, "Show it as a page in a browser, until Ctrl-C; prints where");
  for (const char *printed : { "--format", "--output", "--fail-on", "--baseline" })
    serve->excludes(replay->get_option(printed));
  replay
      ->add_option("--http", arguments->http,
                   "With --serve: HOST:PORT of this host (default a free port of 127.0.0.1)")
      ->type_name("ADDRESS")
      ->needs(serve);
  replay->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_replay(*arguments, terminal); };
  });
}

} // namespace linger::app
