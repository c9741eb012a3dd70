#include "serve/top/screen.h"

#include "serve/escape.h"
#include "serve/render/figures.h"
#include "serve/render/layout.h"
#include "serve/top/load_lines.h"
#include "serve/top/rows.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <iterator>
#include <sstream>
#include <string_view>

namespace linger::serve {
namespace {

constexpr std::array order_names{ "time", "requests", "mean", "errors", "memory kept" };

ScreenLine plain(std::string text, Ink ink = Ink::plain)
{
  return { .spans = { { std::move(text), ink } } };
}

/// " .:-=+*#": each interval by its part of the highest.
std::string sparkline(const std::deque<double> &history)
{
  constexpr std::string_view levels = " .:-=+*#";
  const double highest = history.empty() ? 0 : *std::ranges::max_element(history);
  std::string line;
  for (const double value : history)
    line += levels[highest <= 0 ? 0
                                : static_cast<std::size_t>(value / highest *
                                                           static_cast<double>(levels.size() - 1))];
  return line;
}

ScreenLine title_of(const TopState &state, const TopView &view, std::size_t width)
{
  std::string clock;
  std::uint64_t lost = 0;
  for (const TopNode &node : state.nodes) {
    if (node.report.has_window())
      clock = std::max(clock, clock_text(node.report.window().end_time()).substr(0, 8));
    lost += node.report.coverage().requests_lost();
  }
  const std::string text =
      fmt::format("linger top  {} UTC  [{}]  requests lost: {}{}", clock, sparkline(state.history),
                  count_text(lost), view.paused ? "  PAUSED" : "");
  return plain(fitted(text, width), Ink::bold);
}

ScreenLine tabs_of(const TopState &state, const TopView &view, std::size_t width)
{
  const auto tab = [&](TopTab which, const std::string &name) {
    return view.tab == which ? Span{ "[" + name + "]", Ink::bold }
                             : Span{ " " + name + " ", Ink::plain };
  };
  std::size_t findings = 0;
  for (const TopNode &node : state.nodes)
    findings += static_cast<std::size_t>(node.report.findings_size());
  ScreenLine line{ .spans = { tab(TopTab::endpoints, "Endpoints"), tab(TopTab::workers, "Workers"),
                              tab(TopTab::findings, fmt::format("Findings {}", findings)) } };
  std::string rest;
  if (view.tab == TopTab::endpoints)
    rest = fmt::format("   by {}", order_names[static_cast<std::size_t>(view.order)]);
  if (view.typing || !view.filter.empty())
    rest += fmt::format("   filter: {}{}", view.filter, view.typing ? "_" : "");
  const std::size_t taken = line.text().size();
  line.spans.push_back({ fitted(rest, width > taken ? width - taken : 0), Ink::plain });
  return line;
}

void add_wrapped(std::vector<ScreenLine> &lines, const std::string &text, std::size_t width)
{
  std::istringstream stream(wrapped(text, width, "", 0));
  for (std::string line; std::getline(stream, line);)
    lines.push_back(plain(line));
}

const v1::Endpoint *endpoint_of(const v1::Report &report, const Rate &rate)
{
  for (const v1::Endpoint &endpoint : report.endpoints()) {
    if (endpoint.server() == rate.server && endpoint.method() + " " + endpoint.route() == rate.name)
      return &endpoint;
  }
  return nullptr;
}

/// The lines that an endpoint waits at, since the start.
void add_sites(std::vector<ScreenLine> &lines, const v1::Endpoint &endpoint, std::size_t width)
{
  lines.push_back(
      plain(fitted(fmt::format("{} {}: p50 {}, p99 {} of {} since the start", endpoint.method(),
                               endpoint.route(), duration_text(endpoint.wall().p50_ns()),
                               duration_text(endpoint.wall().p99_ns()),
                               counted_text(endpoint.requests(), "request")),
                   width),
            Ink::bold));
  lines.push_back(plain(fitted(fmt::format("{:>9} {:>7} {:>9}  {:13}{}", "TOTAL", "WAITS",
                                           "LONGEST", "CAUSE", "LINE, AND WHAT IT WAITS FOR"),
                               width),
                        Ink::dim));
  for (const v1::Site &site : endpoint.sites()) {
    std::string where = site.code().empty() ? site.what() : site.code() + ": " + site.what();
    if (!site.statement().empty())
      where += " " + site.statement();
    lines.push_back(plain(fitted(
        fmt::format("{:>9} {:>7} {:>9}  {:13}{}", duration_text(site.total_ns()),
                    count_text(site.waits()), duration_text(site.max_ns()), site.cause(), where),
        width)));
  }
}

void add_detail(std::vector<ScreenLine> &lines, const TopState &state, const TopView &view,
                std::size_t width)
{
  if (view.tab == TopTab::findings) {
    const auto rows = finding_rows(state, view);
    if (view.selected >= rows.size())
      return;
    const v1::Finding &finding = *rows[view.selected].value;
    lines.push_back(plain(fitted(finding.title(), width), ink_of(finding.severity())));
    add_wrapped(lines, finding.detail(), width);
    lines.push_back(plain("", Ink::plain));
    add_wrapped(lines, "What to do: " + finding.remedy(), width);
    return;
  }
  const auto rows = endpoint_rows(state, view);
  if (view.selected >= rows.size())
    return;
  const TopRow<Rate> &row = rows[view.selected];
  if (const v1::Endpoint *endpoint = endpoint_of(row.node->report, *row.value))
    add_sites(lines, *endpoint, width);
}

std::string nothing_in(TopTab tab)
{
  switch (tab) {
    case TopTab::endpoints:
      return "no request ended in the latest interval";
    case TopTab::workers:
      return "no worker";
    case TopTab::findings:
      break;
  }
  return "nothing is wrong, as far as it shows";
}

void add_rows(std::vector<ScreenLine> &lines, const TopState &state, const TopView &view,
              std::size_t width, std::size_t room)
{
  lines.push_back(header_of(view.tab, width));
  const std::size_t rows = top_rows(state, view);
  const std::size_t shown = room > 1 ? room - 1 : 0;
  const std::size_t first = view.selected >= shown ? view.selected - shown + 1 : 0;
  const auto endpoints = endpoint_rows(state, view);
  const auto workers = worker_rows(state, view);
  const auto findings = finding_rows(state, view);
  for (std::size_t i = first; i < rows && i < first + shown; ++i) {
    ScreenLine line = view.tab == TopTab::endpoints ? line_of(endpoints[i], width)
                      : view.tab == TopTab::workers ? line_of(workers[i], width)
                                                    : line_of(findings[i], width);
    line.selected = i == view.selected;
    lines.push_back(std::move(line));
  }
  if (rows == 0)
    lines.push_back(plain(nothing_in(view.tab)));
}

void add_help(std::vector<ScreenLine> &lines)
{
  for (const char *line : {
           "Tab        endpoints, workers, findings",
           "Up, Down   choose a row (also j, k)",
           "Enter      the lines that an endpoint waits at; all of a finding",
           "Esc        back",
           "s          order endpoints by time, requests, mean, errors, memory kept",
           "/          show only names with what is typed in them; Esc shows all",
           "p          pause, go on",
           "q          quit",
           "",
           "KEEPS is what a request leaves in memory, mean since the start. A bar's letters are",
           "the causes named below it.",
       })
    lines.push_back(plain(line));
}

/// Without what does not fit: a terminal would put it on the next line.
ScreenLine clipped(ScreenLine line, std::size_t width)
{
  for (Span &span : line.spans) {
    span.text.resize(bytes_of(span.text, width));
    width -= width_of(span.text);
  }
  return line;
}

/// Of the busiest server.
v1::CauseTimes most_times(const TopState &state)
{
  v1::CauseTimes most;
  for (const TopNode &node : state.nodes) {
    for (const Rate &rate : node.rates.servers) {
      if (rate.times.wall_ns() > most.wall_ns())
        most = rate.times;
    }
  }
  return most;
}

} // namespace

std::string ScreenLine::text() const
{
  std::string text;
  for (const Span &span : spans)
    text += span.text;
  return text;
}

std::size_t top_rows(const TopState &state, const TopView &view)
{
  switch (view.tab) {
    case TopTab::endpoints:
      return endpoint_rows(state, view).size();
    case TopTab::workers:
      return worker_rows(state, view).size();
    case TopTab::findings:
      return finding_rows(state, view).size();
  }
  return 0;
}

std::vector<ScreenLine> top_screen(const TopState &state, const TopView &view, std::size_t width,
                                   std::size_t height)
{
  std::vector<ScreenLine> lines{ title_of(state, view, width) };
  std::ranges::move(load_lines(state, width), std::back_inserter(lines));
  lines.push_back(tabs_of(state, view, width));
  constexpr std::size_t below = 2;
  const std::size_t room = height > lines.size() + below ? height - lines.size() - below : 0;
  if (view.help)
    add_help(lines);
  else if (view.detail)
    add_detail(lines, state, view, width);
  else
    add_rows(lines, state, view, width, room);
  lines.resize(height > below ? height - below : 0);
  const TopNode *const only = state.nodes.size() == 1 ? &state.nodes.front() : nullptr;
  lines.push_back(only == nullptr || only->trouble.empty()
                      ? legend_of(most_times(state), width)
                      : plain(fitted(only->trouble, width), Ink::red));
  lines.push_back(plain(
      fitted("q quit  Tab next  Enter lines  Esc back  s order  / filter  p pause  ? help", width),
      Ink::dim));
  if (lines.size() > height)
    lines.resize(height);
  for (ScreenLine &line : lines)
    line = clipped(std::move(line), width);
  return lines;
}

} // namespace linger::serve
