#include "diagnose/request_objects.h"

#include "diagnose/cite.h"
#include "diagnose/human.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string>

namespace linger::diagnose {
namespace {

using domain::EndpointReport;
using domain::Finding;
using domain::RequestObjects;
using domain::WorkerReport;

/// Of one type in one worker: more than there can be requests.
struct LeftObjects {
  const WorkerReport *worker = nullptr;
  const RequestObjects *objects = nullptr;
};

double grown(const RequestObjects &objects)
{
  return static_cast<double>(objects.objects_end) - static_cast<double>(objects.objects_begin);
}

/// Of one type, in all workers.
double grown(const std::vector<LeftObjects> &left, std::string_view type)
{
  double sum = 0;
  for (const LeftObjects &each : left) {
    if (each.objects->type == type)
      sum += grown(*each.objects);
  }
  return sum;
}

/// The one endpoint whose requests were as many; nullptr when none or several were.
const EndpointReport *endpoint_with(double requests, const ServerLoad &load)
{
  // The heap is looked at a little before the first request that counts, and after the last.
  const double slack = std::max(3.0, requests / 20);
  const EndpointReport *found = nullptr;
  for (const EndpointReport *endpoint : load.endpoints) {
    if (std::abs(static_cast<double>(endpoint->requests) - requests) > slack)
      continue;
    if (found)
      return nullptr;
    found = endpoint;
  }
  return found;
}

bool all_were_looked_into(const ServerLoad &load)
{
  return std::ranges::all_of(load.server->workers, [](const WorkerReport &worker) {
    return worker.end || (worker.heap_growth && worker.heap_growth->gap.empty());
  });
}

/// The most first.
std::vector<LeftObjects> left_objects(const ServerLoad &load,
                                      bool (*is_of_interest)(std::string_view),
                                      const Thresholds &thresholds)
{
  std::vector<LeftObjects> left;
  if (domain::runs_event_loops(load.server->server))
    return left;
  for (const WorkerReport &worker : load.server->workers) {
    if (!worker.heap_growth)
      continue;
    const std::uint64_t needed = load.threads_per_worker + worker.heap_growth->error_objects;
    for (const RequestObjects &objects : worker.heap_growth->of_requests) {
      if (is_of_interest(objects.type) &&
          objects.objects_end >= needed + thresholds.request_objects_min)
        left.push_back({ .worker = &worker, .objects = &objects });
    }
  }
  std::ranges::stable_sort(left, std::ranges::greater{},
                           [](const LeftObjects &each) { return each.objects->objects_end; });
  return left;
}

void tell(Finding &finding, const std::vector<LeftObjects> &left, const ServerLoad &load)
{
  bool more = false;
  for (const LeftObjects &each : left) {
    const RequestObjects &objects = *each.objects;
    more |= grown(objects) > 0;
    if (std::ranges::find(finding.workers, each.worker->tgid) == finding.workers.end())
      finding.workers.push_back(each.worker->tgid);
    cite_count(finding, fmt::format("{} in worker {}", objects.type, each.worker->tgid),
               static_cast<double>(objects.objects_end), "objects");
    cite_count(finding,
               fmt::format("{} in worker {} {} before", objects.type, each.worker->tgid,
                           human_time(each.worker->heap_growth->between)),
               static_cast<double>(objects.objects_begin), "objects");
  }
  finding.severity = more ? domain::Severity::warning : domain::Severity::info;

  const LeftObjects &most = left.front();
  finding.detail = fmt::format(
      "Worker {} had {} {}, {} {} before, and serves at most {} at a time.", most.worker->tgid,
      most.objects->objects_end, most.objects->type, most.objects->objects_begin,
      human_time(most.worker->heap_growth->between),
      load.threads_per_worker == 1 ? "one request"
                                   : fmt::format("{} requests", load.threads_per_worker));
  if (!most.objects->holders.empty())
    finding.detail +=
        fmt::format(" {} of them are held by {}.", most.objects->holders.front().objects,
                    most.objects->holders.front().text);
  const double requests = grown(left, most.objects->type);
  if (requests < 1 || !all_were_looked_into(load))
    return;
  if (const EndpointReport *endpoint = endpoint_with(requests, load)) {
    finding.endpoints.push_back(domain::endpoint_name(*endpoint));
    finding.detail +=
        fmt::format(" In the window {} came to be, about as many as {} had requests ({}).",
                    requests, finding.endpoints.back(), endpoint->requests);
  }
}

} // namespace

std::vector<Finding> find_left_objects(const ServerLoad &load, const Thresholds &thresholds,
                                       const RequestObjectsRule &rule)
{
  const std::vector<LeftObjects> left = left_objects(load, rule.is_of_interest, thresholds);
  if (left.empty())
    return {};
  Finding finding = finding_of(rule.id, load.server->server.master_tgid, "");
  finding.title = rule.title;
  finding.remedy = rule.remedy;
  tell(finding, left, load);
  return { std::move(finding) };
}

} // namespace linger::diagnose
