#include "app/linger_cli.h"

#include "app/version.h"

#include <CLI/CLI.hpp>
#include <algorithm>

namespace linger::app {
namespace {

constexpr const char *description =
    "Says what the workers of this host's Python web servers wait on, and what they keep.";

constexpr const char *examples = R"(Examples:
  linger doctor                              whether it can work here
  linger servers                             which servers there are
  linger diagnose                            observe them all for 30 s and report
  linger diagnose --pid 4711 --duration 2m   one server, by its master or any of its workers
  linger diagnose --format json --fail-on warning --output report.json
  linger top                                 what goes on now, on the whole screen
  linger watch requests --pid 4711           each request as it ends
  linger heap --pid 4712 --diff 10s          which objects of a worker grow
  linger profile --kind blocked -o waits.pb.gz   what they waited on, for go tool pprof
  linger record -o slow.linger && linger replay slow.linger
  linger compare before.linger after.linger --fail-on warning

Exit status: 0 done; 1 a finding at or above --fail-on; 2 wrong usage; 3 not permitted or not
supported here; 4 no such server; 5 internal.)";

} // namespace

std::unique_ptr<CLI::App> linger_parser(Command &chosen)
{
  auto parser = std::make_unique<CLI::App>(description, "linger");
  CLI::App &app = *parser;
  app.footer(examples);
  app.set_version_flag("--version", "linger " + std::string{ version });
  app.require_subcommand(1);

  add_servers_command(app, chosen);
  add_diagnose_command(app, chosen);
  add_top_command(app, chosen);
  add_watch_command(app, chosen);
  add_record_command(app, chosen);
  add_replay_command(app, chosen);
  add_compare_command(app, chosen);
  add_heap_command(app, chosen);
  add_profile_command(app, chosen);
  add_doctor_command(app, chosen);
  return parser;
}

ExitStatus run_linger(std::vector<std::string> arguments, Terminal &terminal)
{
  Command chosen;
  const std::unique_ptr<CLI::App> parser = linger_parser(chosen);

  // CLI11 takes them back to front, and throws; no exception crosses our functions.
  std::ranges::reverse(arguments);
  try {
    parser->parse(std::move(arguments));
  } catch (const CLI::ParseError &error) {
    const bool asked_for =
        parser->exit(error, terminal.out, terminal.err) == 0; // --help, --version
    return asked_for ? ExitStatus::done : ExitStatus::usage;
  }
  return chosen(terminal);
}

} // namespace linger::app
