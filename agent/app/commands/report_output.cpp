#include "app/commands/report_output.h"

#include "app/commands/replayed.h"
#include "serve/baseline.h"
#include "serve/escape.h"
#include "serve/render/json.h"
#include "serve/render/report_html.h"
#include "serve/render/report_text.h"

#include <fmt/format.h>
#include <vector>

namespace linger::app {
namespace {

Result<std::string> rendered(const ReportResult &result, const ReportArguments &arguments,
                             const Terminal &terminal)
{
  const bool to_file = !arguments.output_path.empty();
  switch (arguments.format) {
    case Format::json:
      return serve::json_text(result.report);
    case Format::html:
      return serve::report_html(result.report, result.timeline ? &*result.timeline : nullptr);
    case Format::text:
      break;
  }
  return serve::report_text(result.report,
                            to_file ? serve::TextOptions{} : terminal.text_options());
}

void tell_new_findings(const std::vector<v1::Finding> &beyond, const std::string &baseline,
                       Terminal &terminal)
{
  terminal.err << (beyond.empty() ? "linger: no finding is new or worse than in "
                                  : "linger: new or worse than in ")
               << serve::printable(baseline) << "\n";
  for (const v1::Finding &finding : beyond)
    terminal.err << fmt::format("linger:   {}: {}\n", serve::printable(finding.rule()),
                                serve::printable(finding.title()));
}

} // namespace

Result<std::optional<v1::Report>> baseline_of(const ReportArguments &arguments,
                                              const Config &config)
{
  if (arguments.baseline_path.empty())
    return std::nullopt;
  const Result<domain::Report> report = replayed(arguments.baseline_path, config);
  if (!report)
    return tl::unexpected(report.error());
  return serve::to_proto(*report);
}

domain::RequestSink timeline_sink(domain::Timeline &timeline, Format format)
{
  if (format != Format::html)
    return {};
  return [&timeline](const domain::CountedRequest &counted) { timeline.add(counted); };
}

ExitStatus hand_over(const ReportResult &result, const ReportArguments &arguments,
                     Terminal &terminal)
{
  const v1::Report &report = result.report;
  const Result<std::string> text = rendered(result, arguments, terminal);
  if (!text)
    return report_error(terminal, text.error());
  if (const Result<> written = write_result(*text, arguments.output_path, "the report", terminal);
      !written)
    return report_error(terminal, written.error());
  if (!result.baseline)
    return arguments.fail_on && serve::has_finding(report, *arguments.fail_on) ? ExitStatus::finding
                                                                               : ExitStatus::done;

  const std::vector<v1::Finding> beyond = serve::findings_beyond(
      *result.baseline, report, arguments.fail_on.value_or(domain::Severity::info));
  tell_new_findings(beyond, arguments.baseline_path, terminal);
  return arguments.fail_on && !beyond.empty() ? ExitStatus::finding : ExitStatus::done;
}

} // namespace linger::app
