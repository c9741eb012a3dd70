#include "diagnose/cite.h"
#include "diagnose/human.h"
#include "diagnose/rules.h"

#include <fmt/format.h>

namespace linger::diagnose {

using domain::Cause;
using domain::Finding;
using domain::Severity;

std::vector<Finding> overhead_budget_exceeded(const ServerLoad &load, const Thresholds &thresholds)
{
  const double computing = running_threads(load.times, load.window);
  if (load.requests == 0 || computing <= 0 ||
      load.window < domain::Nanos{ thresholds.overhead_min_window_ns } ||
      load.overhead_cpus < thresholds.overhead_min_cpus ||
      load.overhead_cpus < thresholds.overhead_max_ratio * computing)
    return {};
  Finding finding = finding_of("overhead-budget-exceeded", load.server->server.master_tgid, "");
  finding.severity = Severity::info;
  finding.title = fmt::format("Watching this server costs {} of what its requests compute",
                              human_share(load.overhead_cpus / computing));
  finding.detail = fmt::format(
      "Linger and its probes took {:.2g} CPUs on its account, and its requests {:.2g}. Requests "
      "that "
      "do little cost nearly as much to watch as those that do much.",
      load.overhead_cpus, computing);
  finding.remedy =
      "Watch only the servers that matter (--pid), or raise agent.wait_threshold_ms so that fewer "
      "waits are told of, and close pages and streams that nobody looks at. A census or traced "
      "allocations add to it while they run: leave "
      "memory.escalate_to at \"growth\".";
  cite_count(finding, "CPUs taken by the agent and its probes", load.overhead_cpus, "CPUs");
  cite_count(finding, "CPUs taken by the requests", computing, "CPUs");
  cite_share(finding, "overhead", load.overhead_cpus / computing);
  return { finding };
}

} // namespace linger::diagnose
