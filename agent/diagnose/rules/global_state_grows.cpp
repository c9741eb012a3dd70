#include "diagnose/changed_globals.h"
#include "diagnose/cite.h"
#include "diagnose/rules.h"

#include <fmt/format.h>

namespace linger::diagnose {
namespace {

domain::Finding finding_for(const ChangedGlobal &changed, const ServerLoad &load)
{
  const domain::GlobalUse &use = *changed.use;
  domain::Finding finding =
      finding_of("global-state-grows", load.server->server.master_tgid, use.grown_by.endpoint);
  finding.id += ":" + use.name;
  finding.severity = domain::Severity::warning;
  finding.workers = changed.workers;
  finding.title = fmt::format("{} grows with requests", use.name);
  finding.detail =
      fmt::format("In worker {} the {} in {} had more items than before {}: {} more in all, {} of "
                  "them in the later half, and {} fewer at times. It held {} when it last changed.",
                  changed.worker->tgid, use.type, use.name, account_of_change(changed, growing()),
                  use.items_more, use.items_more_late, use.items_less, use.items);
  finding.remedy = fmt::format(
      "Give {} a bound: collections.deque(maxlen=...) for a list, functools.lru_cache(maxsize=...) "
      "or cachetools for a dict. Take out what is done with, or keep it in the cache or the "
      "database, where all workers see it.",
      use.name);
  cite_count(finding, "more items in " + use.name, static_cast<double>(use.items_more), "items");
  cite_count(finding, "of these in the later half", static_cast<double>(use.items_more_late),
             "items");
  cite_count(finding, "items at the latest change", static_cast<double>(use.items), "items");
  cite_count(finding, "looks that found more", static_cast<double>(use.grown.all), "looks");
  cite_count(finding, "of these without a request", static_cast<double>(use.grown.without_requests),
             "looks");
  return finding;
}

} // namespace

std::vector<domain::Finding> global_state_grows(const ServerLoad &load,
                                                const Thresholds &thresholds)
{
  std::vector<domain::Finding> findings;
  for (const ChangedGlobal &changed : changed_globals(load, growing(), thresholds)) {
    if (findings.size() >= thresholds.global_most_findings)
      break;
    findings.push_back(finding_for(changed, load));
  }
  return findings;
}

} // namespace linger::diagnose
