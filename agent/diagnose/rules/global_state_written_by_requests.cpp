#include "diagnose/changed_globals.h"
#include "diagnose/cite.h"
#include "diagnose/rules.h"

#include <algorithm>
#include <fmt/format.h>

namespace linger::diagnose {
namespace {

/// What else runs in the process while a request does; empty where nothing does.
std::string others_of(const ServerLoad &load)
{
  if (domain::runs_event_loops(load.server->server))
    return "serves many requests in one thread, which change at every wait";
  if (load.threads_per_worker > 1)
    return fmt::format("serves {} requests at a time", load.threads_per_worker);
  return "";
}

domain::Finding finding_for(const ChangedGlobal &changed, const ServerLoad &load,
                            const std::string &others)
{
  const domain::GlobalUse &use = *changed.use;
  domain::Finding finding = finding_of("global-state-written-by-requests",
                                       load.server->server.master_tgid, use.rebound_by.endpoint);
  finding.id += ":" + use.name;
  finding.severity = domain::Severity::warning;
  finding.workers = changed.workers;
  finding.title = fmt::format("Requests overwrite {}, which other requests see", use.name);
  finding.detail = fmt::format(
      "In worker {} the variable {} ({}) held something else than before {}. The worker {}: what "
      "one request writes there, another one reads.",
      changed.worker->tgid, use.name, use.type, account_of_change(changed, overwritten()), others);
  finding.remedy = fmt::format(
      "Keep what belongs to one request in it: an argument, an attribute of the request, flask.g, "
      "or a contextvars.ContextVar in place of {}, which each thread, greenlet and task sees for "
      "itself. What is meant for all of them, a cache or a setting, belongs behind a lock, or into "
      "the cache.",
      use.name);
  cite_count(finding, use.name + " overwritten", static_cast<double>(use.rebound.all), "looks");
  cite_count(finding, "of these without a request",
             static_cast<double>(use.rebound.without_requests), "looks");
  cite_count(finding, "looks at it", static_cast<double>(changed.worker->globals->looks.all),
             "looks");
  return finding;
}

} // namespace

std::vector<domain::Finding> global_state_written_by_requests(const ServerLoad &load,
                                                              const Thresholds &thresholds)
{
  const std::string others = others_of(load);
  if (others.empty())
    return {};
  std::vector<domain::Finding> findings;
  for (const ChangedGlobal &changed : changed_globals(load, overwritten(), thresholds)) {
    if (findings.size() >= thresholds.global_most_findings)
      break;
    findings.push_back(finding_for(changed, load, others));
  }
  return findings;
}

} // namespace linger::diagnose
