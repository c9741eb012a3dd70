#include "serve/render/cause_text.h"
#include "serve/render/figures.h"
#include "serve/render/html/markup.h"
#include "serve/render/html/sections.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <set>
#include <vector>

namespace linger::serve::html {
namespace {

using Bar = domain::Timeline::Bar;

constexpr std::size_t most_workers = 16;
// Of requests that one worker serves at the same time.
constexpr std::size_t most_rows = 6;
constexpr std::size_t most_listed = 20;
constexpr std::size_t most_characters = 80;

// The drawing, in its own units.
constexpr double width = 1000;
constexpr double margin = 70; // for the workers' numbers
constexpr double row_height = 14;
constexpr double lane_gap = 6;
constexpr double axis_height = 20;
constexpr double least_width = 0.5;

struct Lane {
  std::uint32_t tgid = 0;
  /// Each row's bars follow each other.
  std::vector<std::vector<const Bar *>> rows;
};

struct Lanes {
  std::vector<Lane> lanes;
  std::size_t left_out = 0; // bars for which there was no room
};

Lanes lanes_of(const std::vector<Bar> &bars)
{
  Lanes result;
  for (const Bar &bar : bars) {
    if (result.lanes.empty() || result.lanes.back().tgid != bar.tgid) {
      if (result.lanes.size() == most_workers) {
        ++result.left_out;
        continue;
      }
      result.lanes.push_back({ .tgid = bar.tgid });
    }
    auto &rows = result.lanes.back().rows;
    const auto free = std::ranges::find_if(rows, [&](const std::vector<const Bar *> &row) {
      return row.back()->begin + row.back()->length <= bar.begin;
    });
    if (free != rows.end())
      free->push_back(&bar);
    else if (rows.size() < most_rows)
      rows.push_back({ &bar });
    else
      ++result.left_out;
  }
  return result;
}

/// "GET /report/{}, 163 ms at 12.0 s: database 110 ms"
std::string words_of(const Bar &bar)
{
  return fmt::format("{}, {} at {}{}: {} {}", escaped(bar.endpoint, most_characters),
                     duration_text(bar.length), duration_text(bar.begin),
                     bar.status == 0 || bar.status >= 500 ? fmt::format(", status {}", bar.status)
                                                          : "",
                     name_of(bar.cause), duration_text(bar.cause_time));
}

std::string bar_svg(const Bar &bar, double y, double scale)
{
  const double x = margin + static_cast<double>(bar.begin.count()) * scale;
  const double length = std::max(least_width, static_cast<double>(bar.length.count()) * scale);
  return fmt::format("<rect class=\"{}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\">"
                     "<title>{}</title></rect>\n",
                     colour_class(name_of(bar.cause)), number(x), number(y), number(length),
                     number(row_height - 2), words_of(bar));
}

std::string axis_svg(double window_ns, double y)
{
  constexpr int ticks = 6;
  std::string text;
  for (int tick = 0; tick <= ticks; ++tick) {
    const double part = static_cast<double>(tick) / ticks;
    const char *anchor = tick == ticks ? "end" : tick == 0 ? "start" : "middle";
    text += fmt::format("<text x=\"{}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n",
                        number(margin + part * (width - margin)), number(y), anchor,
                        duration_text(static_cast<std::uint64_t>(part * window_ns)));
  }
  return text;
}

std::string svg_of(const Lanes &lanes, double window_ns)
{
  const double scale = (width - margin) / std::max(window_ns, 1.0);
  double y = 2;
  std::string drawn;
  for (const Lane &lane : lanes.lanes) {
    drawn +=
        fmt::format("<text x=\"0\" y=\"{}\">{}</text>\n", number(y + row_height - 4), lane.tgid);
    for (const auto &row : lane.rows) {
      for (const Bar *bar : row)
        drawn += bar_svg(*bar, y, scale);
      y += row_height;
    }
    y += lane_gap;
  }
  drawn += axis_svg(window_ns, y + axis_height - 6);
  return fmt::format("<svg role=\"img\" aria-label=\"The longest requests of each worker over "
                     "time; the list below says the same in words\" viewBox=\"0 0 {} {}\">\n{}"
                     "</svg>\n",
                     number(width), number(y + axis_height), drawn);
}

std::string legend_of(const std::vector<Bar> &bars)
{
  std::set<domain::Cause> causes;
  for (const Bar &bar : bars)
    causes.insert(bar.cause);
  std::string text = "<ul class=\"legend\" aria-label=\"Colours\">\n";
  for (const domain::Cause cause : causes)
    text += fmt::format("<li><span class=\"swatch {}\"></span>{}</li>\n",
                        colour_class(name_of(cause)), name_of(cause));
  return text + "</ul>\n";
}

std::string list_of(std::vector<Bar> bars)
{
  std::ranges::stable_sort(bars, std::ranges::greater{}, &Bar::length);
  std::string text = "<details><summary>The longest in words</summary>\n<ol>\n";
  for (std::size_t i = 0; i < std::min(most_listed, bars.size()); ++i)
    text += fmt::format("<li>worker {}: {}</li>\n", bars[i].tgid, words_of(bars[i]));
  return text + "</ol></details>\n";
}

} // namespace

std::string timeline_section(const v1::Report &report, const domain::Timeline *timeline)
{
  constexpr const char *title = "Workers over time";
  if (timeline == nullptr)
    return section("timeline", title,
                   "<p>Not known: a running agent hands over no single requests. "
                   "<code>linger diagnose --no-agent</code> and <code>linger replay</code> have "
                   "them.</p>\n");
  const std::vector<Bar> bars = timeline->bars();
  if (bars.empty())
    return section("timeline", title, "<p>No request ended in this window.</p>\n");
  const Lanes lanes = lanes_of(bars);
  std::string content = fmt::format(
      "<p>{}, while a thread of the worker was busy with them, each in the colour of what took the "
      "most of that time. A gap may hold shorter ones.",
      timeline->kept() == timeline->requests()
          ? fmt::format("All {}", counted_text(timeline->requests(), "request"))
          : fmt::format("The {} longest of {}", count_text(timeline->kept()),
                        counted_text(timeline->requests(), "request")));
  if (lanes.left_out > 0)
    content += fmt::format(" {} of them found no room.", count_text(lanes.left_out));
  content +=
      "</p>\n" + legend_of(bars) +
      scrollable("Timeline", svg_of(lanes, static_cast<double>(report.window().duration_ns()))) +
      list_of(bars);
  return section("timeline", title, content);
}

} // namespace linger::serve::html
