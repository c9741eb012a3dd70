#include "serve/render/report_text.h"

#include "serve/render/coverage_text.h"
#include "serve/render/endpoints_text.h"
#include "serve/render/figures.h"
#include "serve/render/finding_text.h"
#include "serve/render/layout.h"
#include "serve/render/servers_text.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::serve {
namespace {

std::string heading(std::string_view title, const TextOptions &options)
{
  return "\n" + inked(title, Ink::bold, options.colour) + "\n";
}

std::string findings_text(const v1::Report &report, const TextOptions &options)
{
  if (report.findings().empty())
    return "  none: no rule found anything to say about what was seen\n";
  std::string text;
  for (const v1::Finding &finding : report.findings())
    text += (text.empty() ? "" : "\n") + finding_text(finding, options);
  return text;
}

std::string coverage_text(const v1::Report &report, const TextOptions &options)
{
  std::string text;
  for (const std::string &sentence : coverage_sentences(report))
    text += wrapped(sentence, options.width, "  ", 2);
  for (const std::string &gap : report.coverage().gaps())
    text += wrapped(gap, options.width, "  - ", 4);
  return text;
}

} // namespace

std::string report_text(const v1::Report &report, const TextOptions &asked)
{
  TextOptions options = asked;
  options.width = std::max<std::size_t>(asked.width, 40);

  std::string text = wrapped(
      fmt::format("{} until {}: {} to {} of {}", duration_text(report.window().duration_ns()),
                  date_text(report.window().end_time()),
                  counted_text(report.coverage().requests_seen(), "request"),
                  counted_text(static_cast<std::uint64_t>(report.endpoints_size()), "endpoint"),
                  counted_text(static_cast<std::uint64_t>(report.servers_size()), "server")),
      options.width, "", 0);
  text += heading("FINDINGS", options) + findings_text(report, options);
  text += heading("SERVERS", options) + servers_text(report.servers(), options);
  text += heading("ENDPOINTS", options);
  text += report.endpoints().empty() ? "  no request ended in this window\n"
                                     : endpoints_text(report.endpoints(), options);
  text += heading("COVERAGE", options) + coverage_text(report, options);
  return text;
}

} // namespace linger::serve
