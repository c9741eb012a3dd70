// linger diagnose: one report.

#include "app/agent.h"
#include "app/attended.h"
#include "app/commands/command.h"
#include "app/commands/report_output.h"
#include "app/commands/running_agent.h"
#include "app/duration.h"
#include "app/interrupts.h"
#include "app/progress.h"
#include "serve/convert.h"
#include "serve/history/history_store.h"

#include <CLI/Error.hpp>
#include <algorithm>
#include <memory>

namespace linger::app {
namespace {

using namespace std::chrono_literals;

struct DiagnoseArguments {
  std::vector<std::uint32_t> tgids;
  domain::Nanos duration = 30s;
  domain::Nanos since{}; // zero: what happens from now on
  MemoryArguments memory;
  SourceArguments source;
  ReportArguments report;
};

Result<ReportResult> ask(serve::Client &agent, const DiagnoseArguments &arguments,
                         Terminal &terminal)
{
  const Result<v1::ListServersResponse> servers = agent.list_servers(arguments.tgids);
  if (!servers)
    return tl::unexpected(servers.error());
  if (servers->servers().empty())
    return tl::unexpected(no_server_here());

  const Interrupts interrupts;
  Progress progress{ terminal, "the agent observes", arguments.duration };
  Result<v1::Report> report = attended(
      [&](const std::stop_token &stop) {
        return agent.get_report({ arguments.duration, arguments.tgids, arguments.memory.tier,
                                  arguments.memory.allocations },
                                stop);
      },
      [&](domain::Nanos passed) {
        progress.show(passed);
        return !interrupts.seen();
      });
  if (!report && interrupts.seen())
    return failure(Error::Kind::exhausted,
                   "interrupted: an agent's window cannot be ended early, so there is no report; "
                   "ask for a shorter --duration, or use --no-agent");
  if (!report)
    return tl::unexpected(report.error());
  return ReportResult{ .report = std::move(*report) };
}

/// Of the past: asked of an agent, or read where none runs.
Result<ReportResult> remember(std::optional<serve::Client> &agent, const Config &config,
                              const DiagnoseArguments &arguments)
{
  Result<v1::Report> report;
  if (agent) {
    report = agent->get_report_since(arguments.since, arguments.tgids);
  } else {
    Result<serve::HistoryStore> store = serve::HistoryStore::open_existing(config.history.path);
    if (!store)
      return tl::unexpected(store.error());
    const domain::WallTime now = std::chrono::system_clock::now();
    report = store->report(now - arguments.since, now, arguments.tgids);
  }
  if (!report)
    return tl::unexpected(report.error());
  return ReportResult{ .report = std::move(*report) };
}

Result<ReportResult> observe(const Config &config, const DiagnoseArguments &arguments,
                             Terminal &terminal)
{
  Result<std::unique_ptr<Agent>> agent = Agent::start(config, arguments.tgids);
  if (!agent)
    return tl::unexpected(agent.error());
  if ((*agent)->watches_nothing())
    return tl::unexpected(no_server_here());

  const Interrupts interrupts;
  Progress progress{ terminal, "observing", arguments.duration };
  domain::Timeline timeline;
  const Result<domain::Report> report = (*agent)->observe_while(
      { arguments.duration, {}, arguments.memory.tier, arguments.memory.allocations },
      [&](domain::Nanos passed) {
        progress.show(passed);
        return !interrupts.seen();
      },
      timeline_sink(timeline, arguments.report.format));
  (*agent)->stop(); // nothing is attached any more when the report is printed
  if (!report)
    return tl::unexpected(report.error());
  return ReportResult{ .report = serve::to_proto(*report), .timeline = std::move(timeline) };
}

ExitStatus run_diagnose(const DiagnoseArguments &arguments, Terminal &terminal)
{
  // First the baseline: a mistaken name must not cost a window.
  const Result<Config> config = arguments.source.probes.config();
  if (!config)
    return report_error(terminal, config.error());
  Result<std::optional<v1::Report>> baseline = baseline_of(arguments.report, *config);
  if (!baseline)
    return report_error(terminal, baseline.error());
  Result<std::optional<serve::Client>> agent = running_agent(arguments.source);
  if (!agent)
    return report_error(terminal, agent.error());
  Result<ReportResult> result = arguments.since != domain::Nanos::zero()
                                    ? remember(*agent, *config, arguments)
                                : *agent ? ask(**agent, arguments, terminal)
                                         : observe(*config, arguments, terminal);
  if (!result)
    return report_error(terminal, result.error());
  result->baseline = std::move(*baseline);
  return hand_over(*result, arguments.report, terminal);
}

constexpr const char *examples = R"(Examples:
  linger diagnose                                       all servers, 30 s
  linger diagnose --pid 4711 --duration 2m              one, by its master or any worker
  linger diagnose --format html --output report.html    a page to attach to an incident
  linger diagnose --memory census                       and which objects grow in the heaps
  linger diagnose --since 2h                            what was wrong in the last two hours)";

} // namespace

void add_diagnose_command(CLI::App &parent, Command &chosen)
{
  CLI::App *diagnose = parent.add_subcommand(
      "diagnose", "Observe for a while, then say what the requests waited on and what is wrong");
  diagnose->footer(examples);
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<DiagnoseArguments>();
  add_pid_option(*diagnose, arguments->tgids);
  add_duration_option(*diagnose, arguments->duration, longest_window,
                      "How long to observe; Ctrl-C ends it early (default 30s)");
  diagnose
      ->add_option_function<std::string>(
          "--since",
          [arguments](const std::string &text) {
            const Result<domain::Nanos> parsed = parse_duration(text, serve::longest_since);
            if (!parsed)
              throw CLI::ValidationError("--since", parsed.error().what);
            arguments->since = std::max<domain::Nanos>(*parsed, 1s);
          },
          "Of the past instead, from so long ago: out of the history that lingerd keeps")
      ->type_name("DURATION")
      ->excludes("--duration");
  add_report_options(*diagnose, arguments->report);
  add_memory_options(*diagnose, arguments->memory);
  diagnose->get_option("--since")->excludes("--memory");
  add_source_options(*diagnose, arguments->source);
  diagnose->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_diagnose(*arguments, terminal); };
  });
}

} // namespace linger::app
