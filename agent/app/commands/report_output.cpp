#include "app/commands/report_output.h"

#include "serve/render/json.h"
#include "serve/render/report_text.h"

#include <cerrno>
#include <fstream>

namespace linger::app {
namespace {

Result<> write_file(const std::string &path, const std::string &text)
{
  const std::string doing = "write the report to " + path;
  errno = 0;
  std::ofstream file{ path, std::ios::binary | std::ios::trunc };
  if (!file)
    return tl::unexpected(about_named_file(failed(doing, errno).value()));
  if (!(file << text << std::flush))
    return failed(doing, errno);
  return {};
}

} // namespace

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
      to_file ? write_file(arguments.output_path, *text) : write_out(*text, terminal);
  if (!written)
    return report_error(terminal, written.error());
  if (arguments.fail_on && serve::has_finding(report, *arguments.fail_on))
    return ExitStatus::finding;
  return ExitStatus::done;
}

} // namespace linger::app
