#include "diagnose/sizing.h"

#include "diagnose/cite.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <limits>

namespace linger::diagnose {

std::uint32_t needed_threads(const ServerLoad &load, const Thresholds &thresholds)
{
  constexpr double most = std::numeric_limits<std::uint32_t>::max();
  const double wanted = load.busy_threads / thresholds.saturated_target_utilization_ratio;
  return static_cast<std::uint32_t>(
      std::min(std::max(load.threads() + 1.0, std::ceil(wanted)), most));
}

std::uint32_t divided_up(std::uint32_t all, std::uint32_t by)
{
  return (all + by - 1) / by;
}

std::string options_for(domain::ServerKind kind, std::uint32_t workers, std::uint32_t threads)
{
  switch (kind) {
    case domain::ServerKind::uwsgi:
      return threads == 0 ? fmt::format("--processes {}", workers)
                          : fmt::format("--processes {} --threads {}", workers, threads);
    case domain::ServerKind::mod_wsgi:
      return threads == 0
                 ? fmt::format("WSGIDaemonProcess processes={}", workers)
                 : fmt::format("WSGIDaemonProcess processes={} threads={}", workers, threads);
    default:
      return threads == 0 ? fmt::format("--workers {}", workers)
                          : fmt::format("--worker-class gthread --workers {} --threads {}", workers,
                                        threads);
  }
}

void tell_turned_away(domain::Finding &finding, const ServerLoad &load,
                      const Thresholds &thresholds)
{
  if (load.turned_away < thresholds.queue_min_turned_away)
    return;
  finding.detail += fmt::format(" Meanwhile the kernel turned {} attempts to connect away, most of "
                                "them because the accept queue was full.",
                                load.turned_away);
  cite_count(finding, "connections turned away", static_cast<double>(load.turned_away), "attempts");
}

} // namespace linger::diagnose
