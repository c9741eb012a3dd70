// linger compare: what changed between two recordings.

#include "diagnose/compare.h"
#include "app/commands/arguments.h"
#include "app/commands/command.h"
#include "app/commands/replayed.h"
#include "app/commands/report_output.h"
#include "app/duration.h"
#include "serve/convert_comparison.h"
#include "serve/render/comparison_text.h"
#include "serve/render/json.h"

#include <CLI/Validators.hpp>
#include <memory>

namespace linger::app {
namespace {

struct CompareArguments {
  std::string before_path;
  std::string after_path;
  std::string config_path;
  domain::Tolerance tolerance;
  Format format = Format::text;
  std::optional<domain::Severity> fail_on;
  std::string output_path; // empty: standard output
};

Result<domain::Recorded> recorded(const std::string &path, const Config &config)
{
  domain::Recorded recorded;
  Result<domain::Report> report = replayed(path, config, series_sink(recorded.series));
  if (!report)
    return tl::unexpected(report.error());
  recorded.report = std::move(*report);
  return recorded;
}

Result<domain::Comparison> compared(const CompareArguments &arguments)
{
  const Result<Config> config = ProbeArguments{ .config_path = arguments.config_path }.config();
  if (!config)
    return tl::unexpected(config.error());
  const Result<domain::Recorded> before = recorded(arguments.before_path, *config);
  if (!before)
    return tl::unexpected(before.error());
  const Result<domain::Recorded> after = recorded(arguments.after_path, *config);
  if (!after)
    return tl::unexpected(after.error());
  return diagnose::compare(*before, *after, arguments.tolerance);
}

ExitStatus run_compare(const CompareArguments &arguments, Terminal &terminal)
{
  const Result<domain::Comparison> comparison = compared(arguments);
  if (!comparison)
    return report_error(terminal, comparison.error());
  const v1::Comparison message = serve::to_proto(*comparison);
  const bool to_file = !arguments.output_path.empty();
  const Result<std::string> text =
      arguments.format == Format::json
          ? serve::json_text(message)
          : serve::comparison_text(message,
                                   to_file ? serve::TextOptions{} : terminal.text_options());
  if (!text)
    return report_error(terminal, text.error());
  if (const Result<> written =
          write_result(*text, arguments.output_path, "the comparison", terminal);
      !written)
    return report_error(terminal, written.error());
  if (arguments.fail_on && diagnose::has_regression(*comparison, *arguments.fail_on))
    return ExitStatus::finding;
  return ExitStatus::done;
}

void add_tolerance_options(CLI::App &command, domain::Tolerance &tolerance)
{
  command
      .add_option_function<double>(
          "--tolerance",
          [&tolerance](double percent) {
            if (!(percent >= 0 && percent <= 1000)) // nor is it "nan"
              throw CLI::ValidationError("--tolerance", "not from 0 to 1000");
            tolerance.ratio = percent / 100;
          },
          "How many hundredths longer a request may take before it is a regression (default 10)")
      ->type_name("PERCENT");
  command
      .add_option_function<std::string>(
          "--tolerance-time",
          [&tolerance](const std::string &text) {
            const Result<domain::Nanos> parsed = parse_duration(text, longest_window);
            if (!parsed)
              throw CLI::ValidationError("--tolerance-time", parsed.error().what);
            tolerance.time = *parsed;
          },
          "And by how much at least (default 1ms)")
      ->type_name("DURATION");
}

constexpr const char *examples = R"(Examples:
  linger compare before.linger after.linger                      what the change changed
  linger compare before.linger after.linger --fail-on warning    in CI)";

} // namespace

void add_compare_command(CLI::App &parent, Command &chosen)
{
  CLI::App *compare = parent.add_subcommand(
      "compare", "What changed between two recordings, and whether chance explains it; no root");
  compare->footer(examples);
  // Shared with the command, which outlives the parser that fills it.
  const auto arguments = std::make_shared<CompareArguments>();
  compare->add_option("before", arguments->before_path, "What `linger record` wrote before")
      ->required()
      ->type_name("FILE");
  compare->add_option("after", arguments->after_path, "What it wrote after the change")
      ->required()
      ->type_name("FILE");
  add_format_option(*compare, arguments->format);
  add_fail_on_option(*compare, arguments->fail_on,
                     "Exit with status 1 when an endpoint regressed, or a finding is new or worse, "
                     "at this severity or above");
  add_output_option(*compare, arguments->output_path);
  add_tolerance_options(*compare, arguments->tolerance);
  compare->add_option("--config", arguments->config_path, "Its [routes] and [findings] count")
      ->type_name("FILE");
  compare->callback([arguments, &chosen] {
    chosen = [arguments](Terminal &terminal) { return run_compare(*arguments, terminal); };
  });
}

} // namespace linger::app
