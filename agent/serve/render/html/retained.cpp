#include "serve/render/figures.h"
#include "serve/render/html/flame.h"
#include "serve/render/html/markup.h"
#include "serve/render/html/sections.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::serve::html {
namespace {

// Colours of causes, for want of others: they only tell neighbours apart.
constexpr const char *endpoint_colour = "c-disk";
constexpr const char *line_colour = "c-page_fault";

Flame part_of(const std::string &name, double bytes, const char *colour)
{
  return {
    .name = name, .value = bytes, .text = bytes_text(bytes), .colour = colour, .inside = {}
  };
}

void add(Flame &whole, Flame part)
{
  if (part.value <= 0)
    return;
  whole.value += part.value;
  whole.inside.push_back(std::move(part));
}

/// Only what the bounds say was kept at all: the rest is noise around zero.
Flame by_endpoint(const v1::Report &report)
{
  Flame all = part_of("kept by requests", 0, "");
  for (const v1::Endpoint &endpoint : report.endpoints()) {
    const v1::EndpointMemory &memory = endpoint.memory();
    if (memory.low() <= 0)
      continue;
    Flame part = part_of(endpoint.method() + " " + endpoint.route(),
                         static_cast<double>(memory.retained_bytes()), endpoint_colour);
    for (const v1::MemorySite &site : memory.sites()) {
      const auto bytes = static_cast<double>(site.retained_bytes());
      if (bytes > 0)
        part.inside.push_back(
            part_of(site.what().empty() ? "no Python line" : site.what(), bytes, line_colour));
    }
    add(all, std::move(part));
  }
  all.text = bytes_text(all.value);
  return all;
}

/// What a census found, where one was taken.
Flame by_worker(const v1::Report &report)
{
  Flame all = part_of("grown in the heaps", 0, "");
  for (const v1::Server &server : report.servers()) {
    for (const v1::Worker &worker : server.workers()) {
      Flame part = part_of(fmt::format("worker {}", worker.tgid()), 0, endpoint_colour);
      for (const v1::GrownType &type : worker.heap_growth().types()) {
        Flame grown = part_of(type.type(), static_cast<double>(type.bytes()), line_colour);
        if (!type.holders().empty())
          grown.inside.push_back(part_of(type.holders(0).text(), grown.value, line_colour));
        add(part, std::move(grown));
      }
      part.text = bytes_text(part.value);
      add(all, std::move(part));
    }
  }
  all.text = bytes_text(all.value);
  return all;
}

} // namespace

std::string retained_section(const v1::Report &report)
{
  std::string content;
  if (Flame kept = by_endpoint(report); kept.value > 0)
    content += flame_graph(std::move(kept), "Memory kept by endpoint and line");
  if (Flame grown = by_worker(report); grown.value > 0)
    content += flame_graph(std::move(grown), "Growth of the heaps by worker, type and holder");
  if (content.empty())
    content = "<p>No endpoint is known to keep memory: the bounds of each include zero.</p>\n";
  return section("retained", "Retained memory", content);
}

} // namespace linger::serve::html
