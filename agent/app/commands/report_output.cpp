#include "app/commands/report_output.h"

#include "serve/render/json.h"
#include "serve/render/report_text.h"

namespace linger::app {

ExitStatus hand_over(const v1::Report &report, const ReportArguments &arguments, Terminal &terminal)
{
  const bool to_file = !arguments.output_path.empty();
  const Result<std::string> text =
      arguments.format == Format::json
          ? serve::json_text(report)
          : serve::report_text(report, to_file ? serve::TextOptions{} : terminal.text_options());
  if (!text)
    return report_error(terminal, text.error());
  const Result<> written =
      to_file ? write_file(arguments.output_path, *text, "the report") : write_out(*text, terminal);
  if (!written)
    return report_error(terminal, written.error());
  if (arguments.fail_on && serve::has_finding(report, *arguments.fail_on))
    return ExitStatus::finding;
  return ExitStatus::done;
}

} // namespace linger::app
