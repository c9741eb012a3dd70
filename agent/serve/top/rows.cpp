#include "serve/top/rows.h"

#include "serve/escape.h"
#include "serve/render/cause_text.h"
#include "serve/render/figures.h"
#include "serve/render/servers_text.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <string_view>

namespace linger::serve {
namespace {

struct CauseLook {
  std::string_view cause;
  char letter;
  Ink ink;
};

/// What is outside is red, a queue of any kind yellow, the client cyan, work green.
constexpr std::array<CauseLook, 17> looks{ {
    { "on_cpu", '#', Ink::green },
    { "run_queue", 'r', Ink::yellow },
    { "accept_queue", 'a', Ink::yellow },
    { "client_read", 'c', Ink::cyan },
    { "client_write", 'w', Ink::cyan },
    { "database", 'd', Ink::red },
    { "cache", 'k', Ink::red },
    { "upstream", 'u', Ink::red },
    { "dns", 'n', Ink::red },
    { "disk", 'f', Ink::red },
    { "page_fault", 'p', Ink::red },
    { "lock", 'l', Ink::yellow },
    { "gil", 'g', Ink::yellow },
    { "event_loop", 'e', Ink::yellow },
    { "sleep", 's', Ink::red },
    { "child", 'x', Ink::red },
    { "other", 'o', Ink::dim },
} };

CauseLook look_of(std::string_view cause)
{
  const auto found = std::ranges::find(looks, cause, &CauseLook::cause);
  return found == looks.end() ? CauseLook{ cause, '?', Ink::dim } : *found;
}

std::string per_second(std::uint64_t count, double seconds)
{
  return seconds > 0 ? fmt::format("{:.1f}", static_cast<double>(count) / seconds) : "-";
}

bool names(std::string_view text, const std::string &filter)
{
  return filter.empty() || text.find(filter) != std::string_view::npos;
}

/// "node-1 GET /report/{}" where there are several nodes.
std::string named_by(const TopNode &node, const std::string &what)
{
  return node.name.empty() ? what : node.name + " " + what;
}

constexpr std::size_t figure_columns = 33; // of an endpoint's row, before its bar
constexpr std::size_t least_name_columns = 20;

std::size_t bar_columns(std::size_t width)
{
  return std::clamp<std::size_t>(width / 4, 10, 40);
}

std::size_t name_columns(std::size_t width)
{
  const std::size_t taken = figure_columns + bar_columns(width) + 1;
  return std::max(least_name_columns, width > taken ? width - taken : 0);
}

} // namespace

std::string fitted(std::string_view text, std::size_t width)
{
  constexpr std::string_view more = "...";
  std::string shown = printable(text);
  const std::size_t columns = width_of(shown);
  if (columns <= width)
    return shown + std::string(width - columns, ' ');
  if (width <= more.size())
    return shown.substr(0, bytes_of(shown, width));
  return shown.substr(0, bytes_of(shown, width - more.size())) + std::string(more);
}

std::vector<TopRow<Rate>> endpoint_rows(const TopState &state, const TopView &view)
{
  std::vector<TopRow<Rate>> rows;
  for (const TopNode &node : state.nodes) {
    for (const Rate &rate : node.rates.endpoints) {
      if (names(named_by(node, rate.name), view.filter))
        rows.push_back({ &node, &rate });
    }
  }
  const auto value = [&](const TopRow<Rate> &row) -> double {
    const Rate &rate = *row.value;
    const double seconds = row.node->rates.seconds > 0 ? row.node->rates.seconds : 1;
    switch (view.order) {
      case TopOrder::requests:
        return static_cast<double>(rate.requests) / seconds;
      case TopOrder::mean:
        return static_cast<double>(rate.mean_ns());
      case TopOrder::errors:
        return static_cast<double>(rate.errors) / seconds;
      case TopOrder::memory:
        return rate.retained_bytes_per_request;
      case TopOrder::time:
        break;
    }
    return static_cast<double>(rate.times.wall_ns()) / seconds;
  };
  std::ranges::stable_sort(rows, std::ranges::greater{}, value);
  return rows;
}

std::vector<TopRow<v1::Worker>> worker_rows(const TopState &state, const TopView &view)
{
  std::vector<TopRow<v1::Worker>> rows;
  for (const TopNode &node : state.nodes) {
    for (const v1::Server &server : node.report.servers()) {
      for (const v1::Worker &worker : server.workers()) {
        if (worker.state() != v1::WORKER_STATE_EXITED &&
            (names(worker.waits_on(), view.filter) ||
             names(named_by(node, worker.open_request()), view.filter)))
          rows.push_back({ &node, &worker });
      }
    }
  }
  // Those that hang come first.
  std::ranges::stable_sort(rows, std::ranges::greater{}, [](const TopRow<v1::Worker> &row) {
    return row.value->open_request_ns();
  });
  return rows;
}

std::vector<TopRow<v1::Finding>> finding_rows(const TopState &state, const TopView &view)
{
  std::vector<TopRow<v1::Finding>> rows;
  for (const TopNode &node : state.nodes) {
    for (const v1::Finding &finding : node.report.findings()) {
      if (names(named_by(node, finding.title()), view.filter))
        rows.push_back({ &node, &finding });
    }
  }
  // Each node's are in order.
  if (state.nodes.size() > 1)
    std::ranges::stable_sort(rows, std::ranges::greater{}, [](const TopRow<v1::Finding> &row) {
      return static_cast<int>(row.value->severity());
    });
  return rows;
}

ScreenLine header_of(TopTab tab, std::size_t width)
{
  std::string text;
  switch (tab) {
    case TopTab::endpoints:
      text = fmt::format("{}{:>8}{:>9}{:>7}{:>8} {}", fitted("ENDPOINT", name_columns(width)),
                         "REQ/S", "MEAN", "ERR/S", "KEEPS", "WHERE THE TIME GOES");
      break;
    case TopTab::workers:
      text = fmt::format("{:>8} {:8}{:>6}{:>10}{:>10}  {}", "WORKER", "STATE", "BUSY", "MEMORY",
                         "OPEN FOR", "REQUEST, AND WHAT IT WAITS FOR");
      break;
    case TopTab::findings:
      text = fmt::format("{:9} {}", "SEVERITY", "FINDING");
      break;
  }
  return { .spans = { { fitted(text, width), Ink::dim } } };
}

ScreenLine line_of(const TopRow<Rate> &row, std::size_t width)
{
  const Rate &rate = *row.value;
  const double seconds = row.node->rates.seconds;
  const double kept = rate.retained_bytes_per_request;
  ScreenLine line;
  line.spans.push_back({ fitted(named_by(*row.node, rate.name), name_columns(width)), Ink::plain });
  line.spans.push_back({ fmt::format("{:>8}{:>9}", per_second(rate.requests, seconds),
                                     duration_text(rate.mean_ns())),
                         Ink::plain });
  line.spans.push_back(
      { fmt::format("{:>7}", rate.errors == 0 ? "-" : per_second(rate.errors, seconds)),
        rate.errors == 0 ? Ink::plain : Ink::red });
  line.spans.push_back({ fmt::format("{:>8} ", kept < 1 ? "-" : bytes_text(kept)), Ink::plain });
  for (Span &span : bar_of(rate.times, bar_columns(width)))
    line.spans.push_back(std::move(span));
  return line;
}

ScreenLine line_of(const TopRow<v1::Worker> &row, std::size_t width)
{
  const v1::Worker &worker = *row.value;
  const bool blocked = worker.state() == v1::WORKER_STATE_BLOCKED;
  const std::string figures =
      fmt::format("{:>8} {:8}{:>6}{:>10}{:>10}  ", worker.tgid(), state_text(worker.state()),
                  percent_text(worker.utilization()),
                  bytes_text(static_cast<double>(worker.memory().resident_bytes())),
                  worker.open_request_ns() == 0 ? "-" : duration_text(worker.open_request_ns()));
  std::string what = named_by(*row.node, worker.open_request());
  if (!worker.waits_on().empty())
    what += ": " + worker.waits_on();
  const std::size_t left = width > figures.size() ? width - figures.size() : 0;
  return { .spans = { { figures, blocked ? Ink::yellow : Ink::plain },
                      { fitted(what, left), Ink::plain } } };
}

ScreenLine line_of(const TopRow<v1::Finding> &row, std::size_t width)
{
  const v1::Finding &finding = *row.value;
  const std::string label = fmt::format("{:9} ", label_of(finding.severity()));
  std::string title = named_by(*row.node, finding.title());
  if (!finding.explained_by().empty())
    title = "  (follows) " + title;
  const std::size_t left = width > label.size() ? width - label.size() : 0;
  return { .spans = { { label, ink_of(finding.severity()) },
                      { fitted(title, left), Ink::plain } } };
}

std::vector<Span> bar_of(const v1::CauseTimes &times, std::size_t width)
{
  std::vector<Span> spans;
  const double wall = static_cast<double>(std::max<std::uint64_t>(1, times.wall_ns()));
  double sum = 0;
  std::size_t drawn = 0;
  for (const CauseShare &share : shares_of(times)) {
    sum += static_cast<double>(share.spent_ns) / wall;
    const auto until =
        std::min(width, static_cast<std::size_t>(sum * static_cast<double>(width) + 0.5));
    if (until <= drawn)
      continue;
    const CauseLook look = look_of(share.cause);
    spans.push_back({ std::string(until - drawn, look.letter), look.ink });
    drawn = until;
  }
  if (drawn < width)
    spans.push_back({ std::string(width - drawn, ' '), Ink::plain });
  return spans;
}

ScreenLine legend_of(const v1::CauseTimes &times, std::size_t width)
{
  ScreenLine line;
  std::size_t columns = 0;
  for (const CauseShare &share : shares_of(times)) {
    const CauseLook look = look_of(share.cause);
    const std::string text = fmt::format("{} {}  ", look.letter, share.cause);
    if (columns + text.size() > width)
      break;
    columns += text.size();
    line.spans.push_back({ text, look.ink });
  }
  return line;
}

} // namespace linger::serve
