#include "serve/render/report_html.h"

#include "serve/render/coverage_text.h"
#include "serve/render/figures.h"
#include "serve/render/html/markup.h"
#include "serve/render/html/sections.h"

#include <fmt/format.h>

namespace linger::serve {
namespace {

std::string overview(const v1::Report &report)
{
  return fmt::format("<p>{} until {}: {} to {} of {}</p>\n",
                     duration_text(report.window().duration_ns()),
                     date_text(report.window().end_time()),
                     counted_text(report.coverage().requests_seen(), "request"),
                     counted_text(static_cast<std::uint64_t>(report.endpoints_size()), "endpoint"),
                     counted_text(static_cast<std::uint64_t>(report.servers_size()), "server"));
}

std::string coverage_section(const v1::Report &report)
{
  std::string content;
  for (const std::string &sentence : coverage_sentences(report))
    content += "<p>" + html::escaped(sentence) + "</p>\n";
  if (report.coverage().gaps().empty())
    return html::section("coverage", "Coverage", content);
  content += "<ul>\n";
  for (const std::string &gap : report.coverage().gaps())
    content += "<li>" + html::escaped(gap) + "</li>\n";
  return html::section("coverage", "Coverage", content + "</ul>\n");
}

constexpr const char *navigation = R"(<nav aria-label="Sections"><ul>
<li><a href="#findings">Findings</a></li>
<li><a href="#workers">Workers</a></li>
<li><a href="#timeline">Timeline</a></li>
<li><a href="#endpoints">Endpoints</a></li>
<li><a href="#blocked">Blocked time</a></li>
<li><a href="#retained">Retained memory</a></li>
<li><a href="#coverage">Coverage</a></li>
</ul></nav>
)";

} // namespace

std::string report_html(const v1::Report &report, const domain::Timeline *timeline)
{
  const std::string title = "Linger: " + date_text(report.window().end_time());
  return html::page_head(title) +
         "<body>\n<header>\n<h1>Linger: what the workers wait on, and what they "
         "keep</h1>\n" +
         overview(report) + navigation + "</header>\n<main>\n" + html::findings_section(report) +
         html::workers_section(report) + html::timeline_section(report, timeline) +
         html::endpoints_section(report) + html::blocked_section(report) +
         html::retained_section(report) + coverage_section(report) + "</main>\n</body>\n</html>\n";
}

} // namespace linger::serve
