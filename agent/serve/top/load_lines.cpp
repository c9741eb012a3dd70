#include "serve/top/load_lines.h"

#include "serve/render/figures.h"
#include "serve/top/rows.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>
#include <string>
#include <utility>

namespace linger::serve {
namespace {

constexpr std::size_t most_servers = 3;
constexpr std::size_t most_nodes = 5;

ScreenLine plain(std::string text, Ink ink = Ink::plain)
{
  return { .spans = { { std::move(text), ink } } };
}

struct AtWork {
  std::size_t busy = 0;
  std::size_t alive = 0;
};

void count(AtWork &counted, const v1::Server &server)
{
  for (const v1::Worker &worker : server.workers()) {
    if (worker.state() == v1::WORKER_STATE_EXITED)
      continue;
    counted.busy += worker.state() == v1::WORKER_STATE_IDLE ? 0 : 1;
    ++counted.alive;
  }
}

ScreenLine load_line(const std::string &name, std::uint64_t requests, double seconds,
                     const AtWork &counted, std::size_t width)
{
  const std::string figures = fmt::format(" {:>7.1f} req/s  {} of {} workers at work",
                                          seconds > 0 ? static_cast<double>(requests) / seconds : 0,
                                          counted.busy, counted.alive);
  const std::size_t left = width > figures.size() ? width - figures.size() : 0;
  return { .spans = { { fitted(name, left), Ink::cyan }, { figures, Ink::plain } } };
}

void add_servers(std::vector<ScreenLine> &lines, const TopNode &node, std::size_t width)
{
  std::size_t told = 0;
  for (const v1::Server &server : node.report.servers()) {
    const auto rate = std::ranges::find(node.rates.servers, server.master_tgid(), &Rate::server);
    if (rate == node.rates.servers.end())
      continue;
    if (told++ == most_servers) {
      lines.push_back(
          plain(fitted(fmt::format("and {} more servers",
                                   node.report.servers_size() - static_cast<int>(most_servers)),
                       width)));
      return;
    }
    AtWork counted;
    count(counted, server);
    const std::string name = fmt::format("{} ({} {}, {})", server.app(), server.kind(),
                                         server.worker_class(), server.master_tgid());
    lines.push_back(load_line(name, rate->requests, node.rates.seconds, counted, width));
  }
  if (node.report.servers().empty())
    lines.push_back(plain(fitted("no server is watched yet", width)));
}

std::uint64_t requests_of(const TopNode &node)
{
  std::uint64_t requests = 0;
  for (const Rate &rate : node.rates.servers)
    requests += rate.requests;
  return requests;
}

double requests_per_second(const TopNode &node)
{
  return node.rates.seconds > 0 ? static_cast<double>(requests_of(node)) / node.rates.seconds : 0;
}

ScreenLine line_of(const TopNode &node, std::size_t width)
{
  if (!node.trouble.empty())
    return plain(fitted(node.name + ": " + node.trouble, width), Ink::red);
  if (!node.report.has_window())
    return plain(fitted(node.name + ": not heard of yet", width), Ink::dim);
  AtWork counted;
  for (const v1::Server &server : node.report.servers())
    count(counted, server);
  return load_line(
      fmt::format("{}: {}", node.name,
                  counted_text(static_cast<std::uint64_t>(node.report.servers_size()), "server")),
      requests_of(node), node.rates.seconds, counted, width);
}

/// Those in trouble, then the busiest.
void add_nodes(std::vector<ScreenLine> &lines, const TopState &state, std::size_t width)
{
  std::vector<const TopNode *> nodes;
  for (const TopNode &node : state.nodes)
    nodes.push_back(&node);
  std::ranges::stable_sort(nodes, std::ranges::greater{}, [](const TopNode *node) {
    return std::pair{ !node->trouble.empty(), requests_per_second(*node) };
  });
  for (std::size_t i = 0; i < nodes.size() && i < most_nodes; ++i)
    lines.push_back(line_of(*nodes[i], width));
  if (nodes.size() > most_nodes)
    lines.push_back(
        plain(fitted(fmt::format("and {} more nodes", nodes.size() - most_nodes), width)));
}

} // namespace

std::vector<ScreenLine> load_lines(const TopState &state, std::size_t width)
{
  std::vector<ScreenLine> lines;
  if (state.nodes.size() == 1)
    add_servers(lines, state.nodes.front(), width);
  else
    add_nodes(lines, state, width);
  return lines;
}

} // namespace linger::serve
