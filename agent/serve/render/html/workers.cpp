#include "serve/render/figures.h"
#include "serve/render/html/markup.h"
#include "serve/render/html/sections.h"
#include "serve/render/servers_text.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::serve::html {
namespace {

constexpr int most_servers = 10;
constexpr int most_workers = 40;
constexpr std::size_t most_characters = 200;

std::string row_of(const v1::Worker &worker)
{
  return fmt::format("<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"n\">{}</td>"
                     "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>"
                     "<td>{}</td></tr>\n",
                     worker.tgid(), state_text(worker.state()), percent_text(worker.utilization()),
                     count_text(worker.requests()),
                     bytes_text(static_cast<double>(worker.memory().resident_bytes())),
                     growth_text(static_cast<double>(worker.memory().growth_bytes())),
                     escaped(doing_text(worker), most_characters));
}

std::string server_of(const v1::Server &server)
{
  std::string text =
      fmt::format("<h3>{}</h3>\n<p>{}</p>\n", escaped(headline_of(server), most_characters),
                  escaped(configuration_of(server), most_characters));
  std::string table =
      "<table>\n<thead><tr><th scope=\"col\">worker</th><th scope=\"col\">state</th>"
      "<th scope=\"col\">busy</th><th scope=\"col\">requests</th>"
      "<th scope=\"col\">resident</th><th scope=\"col\">growth</th>"
      "<th scope=\"col\">now</th></tr></thead>\n<tbody>\n";
  for (int i = 0; i < std::min(most_workers, server.workers_size()); ++i)
    table += row_of(server.workers(i));
  text += scrollable("Workers", table + "</tbody>\n</table>\n");
  if (server.workers_size() > most_workers)
    text += fmt::format("<p>And {} more.</p>\n", server.workers_size() - most_workers);
  return text;
}

} // namespace

std::string workers_section(const v1::Report &report)
{
  std::string content;
  for (int i = 0; i < std::min(most_servers, report.servers_size()); ++i)
    content += server_of(report.servers(i));
  if (report.servers().empty())
    content = "<p>No server.</p>\n";
  if (report.servers_size() > most_servers)
    content += fmt::format("<p>And {} more servers.</p>\n", report.servers_size() - most_servers);
  return section("workers", "Servers and workers", content);
}

} // namespace linger::serve::html
