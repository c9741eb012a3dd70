#include "serve/render/cause_text.h"
#include "serve/render/figures.h"
#include "serve/render/html/markup.h"
#include "serve/render/html/sections.h"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace linger::serve::html {
namespace {

constexpr int most_endpoints = 30;
constexpr std::size_t most_characters = 120;
constexpr std::size_t most_causes = 4;
// Of the bar, in hundredths: thinner parts show nothing.
constexpr double least_percent = 0.3;

/// As long as the mean request is beside that of the slowest endpoint.
std::string bar_of(const v1::Endpoint &endpoint, double longest_ns)
{
  const double wall = std::max<double>(1, static_cast<double>(endpoint.time().wall_ns()));
  std::string parts;
  for (const CauseShare &share : shares_of(endpoint.time())) {
    const double percent = 100 * static_cast<double>(share.spent_ns) / wall;
    if (percent >= least_percent)
      parts += fmt::format("<span class=\"{}\" style=\"width:{}%\" title=\"{} {}\"></span>",
                           colour_class(share.cause), number(percent), share.cause,
                           percent_text(percent / 100));
  }
  return fmt::format("<div class=\"bar\" aria-hidden=\"true\" style=\"width:{}%\">{}</div>",
                     number(std::max(1.0, 100 * static_cast<double>(endpoint.wall().mean_ns()) /
                                              std::max(longest_ns, 1.0))),
                     parts);
}

std::string row_of(const v1::Endpoint &endpoint, double longest_ns)
{
  return fmt::format("<tr><th scope=\"row\">{}</th><td class=\"n\">{}</td><td class=\"n\">{}</td>"
                     "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
                     "<td class=\"bars\">{}<small>{}</small></td></tr>\n",
                     escaped(endpoint.method() + " " + endpoint.route(), most_characters),
                     count_text(endpoint.requests()), count_text(endpoint.errors()),
                     duration_text(endpoint.wall().p50_ns()),
                     duration_text(endpoint.wall().p99_ns()),
                     duration_text(endpoint.wall().mean_ns()), bar_of(endpoint, longest_ns),
                     escaped(causes_text(endpoint.time(), endpoint.requests(), most_causes)));
}

std::string legend_of(const v1::Report &report)
{
  std::set<std::string> causes;
  for (const v1::Endpoint &endpoint : report.endpoints()) {
    for (const CauseShare &share : shares_of(endpoint.time()))
      causes.insert(share.cause);
  }
  std::string text = "<ul class=\"legend\" aria-label=\"Colours\">\n";
  for (const std::string &cause : causes)
    text += fmt::format("<li><span class=\"swatch {}\"></span>{}</li>\n", colour_class(cause),
                        escaped(cause));
  return text + "</ul>\n";
}

} // namespace

std::string endpoints_section(const v1::Report &report)
{
  constexpr const char *title = "Endpoints";
  if (report.endpoints().empty())
    return section("endpoints", title, "<p>No request ended in this window.</p>\n");
  const int shown = std::min(most_endpoints, report.endpoints_size());
  double longest_ns = 0;
  for (int i = 0; i < shown; ++i)
    longest_ns = std::max(longest_ns, static_cast<double>(report.endpoints(i).wall().mean_ns()));
  std::string table =
      "<table>\n<thead><tr><th scope=\"col\">endpoint</th><th scope=\"col\">requests</th>"
      "<th scope=\"col\">errors</th><th scope=\"col\">p50</th><th scope=\"col\">p99</th>"
      "<th scope=\"col\">mean</th><th scope=\"col\">a request on average, by cause</th></tr>"
      "</thead>\n<tbody>\n";
  for (int i = 0; i < shown; ++i)
    table += row_of(report.endpoints(i), longest_ns);
  std::string content = "<p>The most time in all first.</p>\n" + legend_of(report) +
                        scrollable("Endpoints", table + "</tbody>\n</table>\n");
  if (report.endpoints_size() > shown)
    content += fmt::format("<p>And {} more.</p>\n", report.endpoints_size() - shown);
  return section("endpoints", title, content);
}

} // namespace linger::serve::html
