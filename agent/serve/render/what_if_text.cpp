#include "serve/render/what_if_text.h"

#include "serve/render/figures.h"
#include "serve/render/layout.h"

#include <fmt/format.h>
#include <vector>

namespace linger::serve {
namespace {

/// "gthread, 2 workers of 8 threads"
std::string setting_text(const v1::Prediction &prediction)
{
  std::string text = prediction.worker_class().empty() ? "" : prediction.worker_class() + ", ";
  text += counted_text(prediction.workers(), "worker");
  if (prediction.threads() > 1)
    text += fmt::format(" of {} threads", prediction.threads());
  return text;
}

std::vector<std::string> cells_of(const v1::Performance &performance, std::uint64_t resident_bytes,
                                  std::string setting)
{
  return { fmt::format("{:.3g}", performance.requests_per_second()),
           duration_text(performance.queue_p95_ns()),
           duration_text(performance.wall_p50_ns()),
           duration_text(performance.wall_p95_ns()),
           resident_bytes == 0 ? "-" : bytes_text(static_cast<double>(resident_bytes)),
           std::move(setting) };
}

std::string assumption_of(const v1::WhatIf &what_if)
{
  const std::string load =
      what_if.closed()
          ? fmt::format("{} that each wait for a response before they send the next request",
                        counted_text(what_if.clients(), "client"))
          : "requests that come as they came";
  return fmt::format("Predicted by a replay of the latest {} on {:.3g} CPUs, for {}, whose waits "
                     "get no longer when there are more of them at a time.",
                     counted_text(what_if.requests(), "request"), what_if.cpus(), load);
}

} // namespace

std::string what_if_text(const v1::WhatIf &what_if, const TextOptions &options)
{
  constexpr auto right = Table::Align::right;
  Table table({ { "REQUESTS/S", right },
                { "QUEUE P95", right },
                { "WALL P50", right },
                { "P95", right },
                { "RESIDENT", right },
                { "WITH" } });
  const std::uint64_t resident_bytes = what_if.present().resident_bytes();
  table.add({ .cells = cells_of(what_if.measured(), resident_bytes, "as measured"), .notes = {} });
  table.add(
      { .cells = cells_of(what_if.present().performance(), resident_bytes, "the same, predicted"),
        .notes = {} });
  for (const v1::Prediction &one : what_if.alternatives())
    table.add({ .cells = cells_of(one.performance(), one.resident_bytes(),
                                  setting_text(one) + (one.advised() ? " (advised)" : "")),
                .notes = {} });
  return table.text(4, options) + wrapped(assumption_of(what_if), options.width, "    ", 4);
}

} // namespace linger::serve
